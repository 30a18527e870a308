import path from 'node:path';
import { listHtml, signed } from '@vitrine/audit';
import type { VitrineError } from '@vitrine/ir';
import type { Examined } from '../each.js';
import type { Answer } from '../exam.js';
import { csv } from '../layers.js';
import { growing } from '../save.js';
import { strongest } from '../told.js';
import { tellingOf, type Texting } from './texting.js';

/** A list of examples that grows with them. */
export interface Listing {
  readonly files: readonly string[];
  /** Lists an example in the files; its row for the terminal. */
  readonly add: (one: Examined, answers: readonly Answer[], failures: readonly VitrineError[]) => Promise<readonly string[]>;
  readonly end: () => Promise<void>;
}

/** The report of one example of several. */
export function reportOf(report: string, number: number): string {
  const { dir, name, ext } = path.parse(report);
  return path.join(dir, `${name}.${number}${ext}`);
}

const STRONGEST = 3;

/** `index.csv` in the folder that answers are saved in, and a page of links to their reports. @throws DataError naming the file */
export async function listing(options: Texting & { readonly save?: string; readonly report?: string }, command: string): Promise<Listing> {
  const { save, report } = options;
  const index = save === undefined ? undefined : path.join(save, 'index.csv');
  const sheet = index === undefined ? undefined : await growing(index);
  const page = report === undefined ? undefined : await growing(report);
  await sheet?.add(
    lines([['example', 'source', 'text', 'pair', 'predicted', 'probability', 'method', 'target', 'score', 'strongest', 'failure']]),
  );
  await page?.add(listHtml.head(options.texts === undefined ? 'Examples' : path.basename(options.texts), command));
  return {
    files: [index, report].filter((file) => file !== undefined),
    async add({ number, source = '', exam }, answers, failures) {
      const [best] = exam?.prediction.classes ?? [];
      const [text = '', pair = ''] = exam?.text?.encoded.texts ?? [];
      const said =
        best === undefined ? '' : `${best.label}${best.probability === undefined ? '' : ` ${(100 * best.probability).toFixed(1)} %`}`;
      const words = answers.map((answer) =>
        strongest(exam!, answer, tellingOf(options), STRONGEST).map(({ text: word, value }) => `“${word}” ${signed(value)}`),
      );
      const failure = failures.map(({ message }) => message).join('; ');
      const head = [number, source, text, pair, best?.label ?? '', best?.probability ?? ''];
      const told = answers.map(({ record: { method, targetLabel = '', score } }, i) => [
        ...head,
        method,
        targetLabel,
        score,
        words[i]!.join('; '),
        '',
      ]);
      await sheet?.add(lines([...told, ...(failure === '' ? [] : [[...head, '', '', '', '', failure]])]));
      await page?.add(
        listHtml.row({
          number,
          texts: exam?.text?.encoded.texts ?? [],
          said,
          strongest: words[0]?.join(', ') ?? '',
          page: answers.length > 0 && report !== undefined ? encodeURIComponent(path.basename(reportOf(report, number))) : undefined,
          failure: answers.length > 0 || failure === '' ? undefined : failure,
        }),
      );
      return [String(number), said, words[0]?.join(', ') ?? failure];
    },
    async end() {
      await page?.add(listHtml.end);
      await page?.close();
      await sheet?.close();
    },
  };
}

const lines = (rows: readonly (readonly (string | number)[])[]): string => new TextDecoder().decode(csv(rows));
