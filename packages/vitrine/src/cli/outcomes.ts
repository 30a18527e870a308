import type { ExplanationRecord } from '@vitrine/audit';
import { ExplainError } from '@vitrine/explain';
import type { VitrineError } from '@vitrine/ir';
import type { Examined } from '../each.js';
import type { Answer } from '../exam.js';
import { listing, type Listing } from './listing.js';
import { note, paint, say, sayJson, table, tell } from './terminal.js';
import type { Texting } from './texting.js';

interface Options extends Texting {
  readonly save?: string;
  readonly report?: string;
  readonly json?: boolean;
}

/** What becomes of examples, told as it comes. */
export interface Outcomes {
  /** Takes the answers to one example and what failed; whether to leave it at that. */
  readonly took: (one: Examined, answers: readonly Answer[], failures: readonly VitrineError[]) => Promise<boolean>;
  /** @throws the failure, or a count of the examples that failed */
  readonly end: () => Promise<void>;
}

/** One example, or those that an array holds: what fails for several is told once. */
export function ofArrays({ json }: Options): Outcomes {
  const records: ExplanationRecord[] = [];
  const failures = new Map<string, VitrineError>();
  const broken: number[] = [];
  let count: number | undefined;
  return {
    async took({ exam, number, of }, answers, failed) {
      count = of;
      records.push(...answers.map(({ record }) => record));
      if (exam === undefined && of !== 1) {
        broken.push(number);
        failed.forEach(({ message }) => tell(`example ${number}: ${message}`));
        return false;
      }
      for (const failure of failed) failures.set(failure.message, failure);
      return answers.length === 0;
    },
    async end() {
      if (json && records.length > 0) sayJson(records);
      const [first, ...others] = failures.values();
      others.forEach(({ message }) => tell(message));
      if (first !== undefined) throw first;
      if (broken.length > 0)
        throw new ExplainError('bad-input', `${broken.length} ${count === undefined ? '' : `of ${count} `}examples failed`);
    },
  };
}

const counted = (texts: number): string => `${texts} text${texts === 1 ? '' : 's'}`;

/** Rows of the table at the end: files list all. */
const MOST_ROWS = 100;
/** Failures that are remembered, to be told once. */
const MOST_FAILURES = 100;

/** Texts, of which there may be any number: each is listed and forgotten. */
export function ofTexts(options: Options, command: string): Outcomes {
  const rows: (readonly string[])[] = [];
  const known = new Set<string>();
  const counts = { all: 0, failed: 0, answered: 0 };
  let [ending, before]: (VitrineError | string | undefined)[] = [];
  let list: Listing | undefined;
  return {
    async took(one, answers, failed) {
      counts.all++;
      counts.answered += answers.length;
      counts.failed += Number(failed.length > 0);
      const { number: example, source } = one;
      if (options.json) {
        for (const { record } of answers) sayJson({ example, source, record }, true);
        for (const { message } of failed) sayJson({ example, source, error: message }, true);
      }
      for (const { message } of failed) {
        if (!known.has(message))
          tell(`example ${example}${source === undefined || message.startsWith(source) ? '' : ` (${source})`}: ${message}`);
        if (known.size < MOST_FAILURES) known.add(message);
      }
      list ??= await listing(options, command);
      const row = await list.add(one, answers, failed);
      if (rows.length < MOST_ROWS) rows.push(row);
      ending = failed.find(({ code }) => code === 'cancelled');
      // What no text was spared is the question's fault.
      const messages = failed.map(({ message }) => message).join('\n');
      const isHopeless = one.exam !== undefined && counts.answered === 0 && messages === before;
      if (one.exam !== undefined) before = messages;
      return ending !== undefined || isHopeless;
    },
    async end() {
      await list?.end();
      if (!options.json && rows.length > 0) {
        say(`\n${paint('bold', counted(counts.all))}`);
        say(table(rows));
        if (counts.all > rows.length)
          say(`  and ${counts.all - rows.length} more${options.save === undefined ? ': --save lists them all' : ''}`);
      }
      for (const file of list?.files ?? []) (options.json ? note : say)(`${paint('green', 'wrote')} ${file}`);
      if (ending !== undefined) throw ending;
      if (counts.failed > 0) throw new ExplainError('bad-input', `${counts.failed} of ${counted(counts.all)} failed`);
      if (counts.all === 0) throw new ExplainError('bad-input', `${options.texts} holds no text`);
    },
  };
}
