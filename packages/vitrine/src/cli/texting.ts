import { Option, type Command } from 'commander';
import { plusMinus, signed } from '@vitrine/audit';
import { tokenReductions, units } from '@vitrine/data';
import { ExplainError, type Attribution, type Explanation } from '@vitrine/explain';
import type { Exam } from '../exam.js';
import type { TextsGiven } from '../each.js';
import type { TextGiven } from '../text.js';
import { readTextFile, textsIn } from '../textFile.js';
import { piecesOf } from '../tokens.js';
import { toldOf, type Telling, type Told } from '../told.js';
import { paint, plain, table } from './terminal.js';

export interface Texting {
  readonly text?: string;
  readonly textFile?: string;
  readonly texts?: string;
  readonly pair?: string;
  readonly choice?: readonly string[];
  readonly decoderText?: string;
  readonly tokenizer?: string;
  readonly maxTokens?: number;
  readonly words?: NonNullable<Telling['unit']>;
  readonly tokenValue?: Telling['reduce'];
}

const bad = (message: string): never => {
  throw new ExplainError('bad-option', message);
};

/** Options of commands that read text. */
export const texting = (command: Command): Command =>
  command
    .option('--text <text>', 'text, for models with a tokenizer.json beside them')
    .option('--text-file <file>', 'the same from a file, in UTF-8')
    .option(
      '--texts <file>',
      'several texts, each an example: a line each in .txt, {"text", "pair"} in .jsonl, columns text and pair in .csv or .tsv',
    )
    .option('--pair <text>', 'a second text, for models that read two')
    .option(
      '--choice <text>',
      'a text that a model may choose to go with the first (repeat for each)',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option('--decoder-text <text>', 'what a decoder has said so far, for models that say another text than they read (default: nothing)')
    .option('--tokenizer <file>', 'the tokenizer.json to read text with, or its folder')
    .option('--max-tokens <n>', 'cut text to this many tokens', (value) =>
      /^[1-9]\d{0,8}$/.test(value) ? Number(value) : bad(`--max-tokens must be a whole number above 0, not ${value}`),
    )
    .addOption(new Option('--words <unit>', 'the parts of text that are told, and taken away (default: word)').choices([...units]))
    .addOption(
      new Option('--token-value <how>', 'one number for a token’s vector (default: sum; norm for gradients)').choices([...tokenReductions]),
    );

/** What a decoder has said so far of what is no text. */
type SaidGiven = Required<Pick<TextGiven, 'decoderText'>>;

export const tellingOf = ({ words, tokenValue }: Texting): Telling => ({ unit: words, reduce: tokenValue });

/** The text that the options give, or the texts, if any. @throws DataError naming the file */
export async function textOf({
  text,
  textFile,
  texts,
  pair,
  choice: choices,
  maxTokens,
  decoderText,
}: Texting): Promise<TextGiven | TextsGiven | SaidGiven | undefined> {
  const given = Object.entries({ '--text': text, '--text-file': textFile, '--texts': texts }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (given.length > 1) bad(`${given.join(' and ')} ${given.length > 2 ? 'all' : 'both'} give the text: give one of them`);
  if (given.length === 0) {
    if (pair !== undefined) bad('--pair is the second of two texts: give the first as --text');
    // Texts that a picture is held against go with none.
    if (choices !== undefined) return { text: '', choices, maxTokens };
    return decoderText === undefined ? undefined : { decoderText };
  }
  if (texts === undefined) return { text: text ?? (await readTextFile(textFile!)), pair, choices, maxTokens, decoderText };
  if (choices !== undefined) bad('--choice goes with one text: with --texts, give choices in a .jsonl file, as "choices"');
  if (pair !== undefined) bad('--pair goes with one text: with --texts, give second texts in the file, as "pair"');
  return { texts: textsIn(texts), maxTokens, decoderText };
}

const SHOWN = 40;
const STRONGEST = 5;

/** An attribution of text for the terminal: marked text with what counts most, or a table where nothing has colours; undefined for others. */
export function toldLines(exam: Exam, explanation: Explanation, attribution: Attribution, texts: Texting): string | undefined {
  const told = toldOf(exam, explanation, attribution, tellingOf(texts));
  return told && toldText(told);
}

/** Values of a text for the terminal. */
export function toldText(told: Told): string {
  if (!process.stdout.isTTY || process.env['NO_COLOR'] !== undefined) return rows(told, SHOWN);
  const passages = told.encoded.texts.map((_, sequence) => `  ${marked(told, sequence)}`);
  return [...passages, rows(told, STRONGEST)].join('\n');
}

/** Values and words in reading order; of many, those that count most. */
function rows({ segments, sums, encoded, errors }: Told, most: number): string {
  // Of choices there are many added tokens, and those of one row only may count.
  const shown = [...segments.keys()].filter((i) => encoded.rows === undefined || segments[i]!.sequence !== undefined || sums[i] !== 0);
  const strongest = shown.toSorted((a, b) => Math.abs(sums[b]!) - Math.abs(sums[a]!)).slice(0, most);
  const left = shown.length - strongest.length;
  const lines = table(
    strongest
      .toSorted((a, b) => a - b)
      .map((i) => [
        signed(sums[i]!).padStart(8),
        ...(errors === undefined ? [] : [errors.has(i) ? plusMinus(errors.get(i)!) : '']),
        segments[i]!.text,
      ]),
    '    ',
  );
  return left > 0 ? `${lines}\n    ${left} more count less` : lines;
}

/** Shares of the greatest value from which text is coloured, and from which it is bold. */
const [SEEN, STRONG] = [0.1, 0.5];

function marked(told: Told, sequence: number): string {
  const most = told.sums.reduce((m, v) => Math.max(m, Math.abs(v)), 0) || 1;
  return piecesOf(told, sequence)
    .map(({ text, value = 0 }) => {
      const share = Math.abs(value) / most;
      if (share < SEEN) return plain(text);
      const colour = value > 0 ? 'yellow' : 'magenta';
      // For is underlined too: colour alone is not seen by all.
      const styles = [colour, ...(value > 0 ? (['underline'] as const) : []), ...(share >= STRONG ? (['bold'] as const) : [])] as const;
      return paint([...styles], text);
    })
    .join('');
}
