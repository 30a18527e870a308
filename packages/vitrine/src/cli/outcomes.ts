import type { ExplanationRecord } from '@vitrine/audit';
import { ExplainError } from '@vitrine/explain';
import type { VitrineError } from '@vitrine/ir';
import type { Examined } from '../each.js';
import type { Answer } from '../exam.js';
import type { LoadedModel } from '../model.js';
import { listing, rowsListed, textsListed, type Listed, type Listing } from './listing.js';
import { tableOf } from './tables.js';
import type { Texting } from './texting.js';
import { note, paint, say, sayJson, table, tell } from './terminal.js';

interface Options {
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

/** What becomes of the examples that options name: texts and rows may be any number, an array holds few. */
export function outcomesFor(model: LoadedModel, options: Options & Texting & TablesIn, command: string): Outcomes {
  if (options.texts !== undefined) return ofMany(textsListed(options.texts, options), options, command);
  const table = options.text === undefined && options.textFile === undefined ? tableOf(model, options.input ?? [], options) : undefined;
  const [only, ...others] = table?.rows ?? [];
  const isOne = only !== undefined && others.length === 0 && only[0] === only[1];
  return table === undefined || isOne ? ofArrays(options) : ofMany(rowsListed(String(table.table)), options, command);
}

type TablesIn = Parameters<typeof tableOf>[2] & { readonly input?: readonly string[] };

/** One example, or those that an array holds: what fails for several is told once. */
function ofArrays({ json }: Options): Outcomes {
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

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Rows of the table at the end: files list all. */
const MOST_ROWS = 100;
/** Failures that are remembered, to be told once. */
const MOST_FAILURES = 100;

/** Texts or rows, of which there may be any number: each is listed and forgotten. */
function ofMany(listed: Listed, options: Options, command: string): Outcomes {
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
      list ??= await listing(listed, options, command);
      const row = await list.add(one, answers, failed);
      if (rows.length < MOST_ROWS) rows.push(row);
      ending = failed.find(({ code }) => code === 'cancelled');
      // What none was spared is the question's fault.
      const messages = failed.map(({ message }) => message).join('\n');
      const isHopeless = one.exam !== undefined && counts.answered === 0 && messages === before;
      if (one.exam !== undefined) before = messages;
      return ending !== undefined || isHopeless;
    },
    async end() {
      await list?.end();
      if (!options.json && rows.length > 0) {
        say(`\n${paint('bold', counted(counts.all, listed.noun))}`);
        say(table(rows));
        if (counts.all > rows.length)
          say(`  and ${counts.all - rows.length} more${options.save === undefined ? ': --save lists them all' : ''}`);
      }
      for (const file of list?.files ?? []) (options.json ? note : say)(`${paint('green', 'wrote')} ${file}`);
      if (ending !== undefined) throw ending;
      if (counts.failed > 0) throw new ExplainError('bad-input', `${counts.failed} of ${counted(counts.all, listed.noun)} failed`);
      if (counts.all === 0) throw new ExplainError('bad-input', `${listed.file} holds no ${listed.noun}`);
    },
  };
}
