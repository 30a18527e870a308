import path from 'node:path';
import { listHtml, signed } from '@vitrine/audit';
import { calledBy } from '@vitrine/data';
import type { VitrineError } from '@vitrine/ir';
import type { Examined } from '../each.js';
import type { Answer, Exam } from '../exam.js';
import { csv } from '../layers.js';
import { growing } from '../save.js';
import { byWeight, featureValues, shownValue } from '../table/told.js';
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

/** What is listed of examples of one kind. */
export interface Listed {
  /** One of them. */
  readonly noun: string;
  readonly file: string;
  /** Names of what stands behind the number and the source in `index.csv`. */
  readonly columns: readonly string[];
  readonly cells: (exam: Exam | undefined) => readonly string[];
  /** What an example is, in lines for the page. */
  readonly shown: (exam: Exam | undefined) => readonly string[];
  readonly strongest: (exam: Exam, answer: Answer) => readonly string[];
}

export const textsListed = (file: string, options: Texting): Listed => ({
  noun: 'text',
  file,
  columns: ['text', 'pair'],
  cells: (exam) => {
    const [text = '', pair = ''] = exam?.text?.encoded.texts ?? [];
    return [text, pair];
  },
  shown: (exam) => exam?.text?.encoded.texts ?? [],
  strongest: (exam, answer) =>
    strongest(exam, answer, tellingOf(options), STRONGEST).map(({ text, value }) => `“${text}” ${signed(value)}`),
});

/** Features of a row that are named on the page. */
const NAMED = 6;

export const rowsListed = (file: string): Listed => ({
  noun: 'row',
  file,
  columns: ['true'],
  cells: (exam) => [exam?.row?.truth?.value ?? ''],
  shown: (exam) => {
    const { features = [], values } = exam?.row ?? {};
    const named = features
      .slice(0, NAMED)
      .map((feature) => `${calledBy(feature)} ${shownValue(feature, values?.get(feature.name) ?? null)}`);
    return named.length === 0 ? [] : [`${named.join(', ')}${features.length > NAMED ? ', …' : ''}`];
  },
  strongest: (exam, answer) =>
    byWeight(featureValues(exam, answer))
      .slice(0, STRONGEST)
      .map(({ label, shown, attribution }) => `${label} ${shown} ${signed(attribution)}`),
});

/** `index.csv` in the folder that answers are saved in, and a page of links to their reports. @throws DataError naming the file */
export async function listing(
  listed: Listed,
  { save, report }: { readonly save?: string; readonly report?: string },
  command: string,
): Promise<Listing> {
  const index = save === undefined ? undefined : path.join(save, 'index.csv');
  const sheet = index === undefined ? undefined : await growing(index);
  const page = report === undefined ? undefined : await growing(report);
  await sheet?.add(
    lines([['example', 'source', ...listed.columns, 'predicted', 'probability', 'method', 'target', 'score', 'strongest', 'failure']]),
  );
  await page?.add(listHtml.head(path.basename(listed.file), command));
  return {
    files: [index, report].filter((file) => file !== undefined),
    async add({ number, source = '', exam }, answers, failures) {
      const [best] = exam?.prediction.classes ?? [];
      const said =
        best === undefined ? '' : `${best.label}${best.probability === undefined ? '' : ` ${(100 * best.probability).toFixed(1)} %`}`;
      const most = answers.map((answer) => listed.strongest(exam!, answer));
      const failure = failures.map(({ message }) => message).join('; ');
      const head = [number, source, ...listed.cells(exam), best?.label ?? '', best?.probability ?? ''];
      const told = answers.map(({ record: { method, targetLabel = '', score } }, i) => [
        ...head,
        method,
        targetLabel,
        score,
        most[i]!.join('; '),
        '',
      ]);
      await sheet?.add(lines([...told, ...(failure === '' ? [] : [[...head, '', '', '', '', failure]])]));
      await page?.add(
        listHtml.row({
          number,
          texts: listed.shown(exam),
          said,
          strongest: most[0]?.join(', ') ?? '',
          page: answers.length > 0 && report !== undefined ? encodeURIComponent(path.basename(reportOf(report, number))) : undefined,
          failure: answers.length > 0 || failure === '' ? undefined : failure,
        }),
      );
      return [String(number), said, most[0]?.join(', ') ?? failure];
    },
    async end() {
      await page?.add(listHtml.end);
      await page?.close();
      await sheet?.close();
    },
  };
}

const lines = (rows: readonly (readonly (string | number)[])[]): string => new TextDecoder().decode(csv(rows));
