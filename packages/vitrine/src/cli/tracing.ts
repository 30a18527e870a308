import { breadth, named, signed, spelled, type TraceShown } from '@vitrine/audit';
import { paint } from './terminal.js';

/** Tokens named for each generated one. */
const NAMED = 3;

/** A trace for the terminal: a line for each generated token with its probability and the tokens before it that count most. */
export function traceLines({ tokens, rows, signed: isSigned }: TraceShown): string {
  const several = new Set(tokens.map(({ part }) => part)).size > 2;
  const heads = rows.map(({ token, rather }) => ({
    label: `${spelled(tokens[token]!.text)}${rather === undefined ? '' : ` rather than ${spelled(rather)}`}`,
    probability: chance(tokens[token]!.probability),
  }));
  const width = Math.max(0, ...heads.map(({ label }) => breadth(label)));
  const amounts = rows.map(({ values }) =>
    [...values.keys()]
      .filter((t) => values[t] !== 0)
      .toSorted((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!))
      .slice(0, NAMED)
      .map((t) => {
        const { text, part } = tokens[t]!;
        const where = several && part !== undefined ? ` ${paint('dim', `(${named(part)})`)}` : '';
        return `${isSigned ? signed(values[t]!) : values[t]!.toPrecision(3)} ${marked(spelled(text), values[t]!)}${where}`;
      }),
  );
  return heads
    .map(
      ({ label, probability }, i) =>
        `  ${paint('bold', label)}${' '.repeat(width - breadth(label))}  ${probability}  ${amounts[i]!.join('  ')}`,
    )
    .join('\n');
}

const chance = (p: number | undefined): string => (p === undefined ? '' : `${(100 * p).toFixed(1)} %`).padStart(7);

/** As words of a text are: for is underlined too, since colour alone is not seen by all. */
const marked = (label: string, value: number): string => paint(value > 0 ? ['yellow', 'underline'] : 'magenta', label);
