import path from 'node:path';
import type { Command } from 'commander';
import { fitPipeline, isPipeline, readPipeline, sampleOf, schemaFor, unfitted, type Pipeline } from '@vitrine/data';
import { openTable } from '@vitrine/data/node';
import { ExplainError } from '@vitrine/explain';
import { readJson } from '../input.js';
import { writeWhole } from '../save.js';
import { guessed, schemaBeside, schemaIn } from '../table/schemaOf.js';
import { formatOf, formatting, wholeNumber, type Formatting } from './schema.js';
import { note, paint, plain, say } from './terminal.js';

interface Options extends Formatting {
  readonly preprocess: string;
  readonly out?: string;
  readonly schema?: string;
  readonly rows: number;
  readonly seed: number;
}

const EXAMPLE = `
Example:
  $ cat declared.json
  { "blocks": [
    { "columns": ["age", "hours"], "steps": [{ "step": "impute", "strategy": "median" }, { "step": "standard" }] },
    { "columns": ["education"], "steps": [{ "step": "oneHot" }] } ] }
  $ vitrine fit people.csv --preprocess declared.json --out model.json`;

export function fitCommand(program: Command): void {
  formatting(
    program
      .command('fit')
      .description('compute what a declared preprocessing lacks (means, categories, quantiles) from a table')
      .argument('<table>', 'a file of CSV, TSV, Parquet, Arrow or JSON lines'),
  )
    .requiredOption('--preprocess <file>', 'the steps for each column, as JSON')
    .option('--out <file>', 'write the whole there; otherwise it is printed')
    .option('--schema <file>', 'what the columns mean (default: the .schema.json beside the table)')
    .option('--rows <n>', 'most rows that are looked at: of a larger table so many are drawn', wholeNumber('--rows'), 200_000)
    .option('--seed <n>', 'seed of the rows that are drawn', wholeNumber('--seed'), 0)
    .addHelpText('after', EXAMPLE)
    .action(async (file: string, { preprocess, out, rows, seed, schema: given, ...options }: Options) => {
      const pipeline = declared(preprocess);
      const place = given ?? schemaBeside(file, undefined);
      const known = place === undefined ? undefined : schemaIn(place);
      const table = await openTable(file, known?.format ?? formatOf(options));
      try {
        const schema = known ?? schemaFor(pipeline, (await guessed(table, { seed, format: formatOf(options), count: rows })).schema);
        const sample = await sampleOf(table, rows, seed);
        const fitted = fitPipeline(pipeline, schema, table, sample);
        const text = `{\n  "blocks": [\n${fitted.blocks.map((block) => `    ${JSON.stringify(block)}`).join(',\n')}\n  ]\n}\n`;
        const count = unfitted(pipeline).length;
        const of =
          sample.seen > rows ? `${rows.toLocaleString('en')} of ${sample.seen.toLocaleString('en')}` : sample.seen.toLocaleString('en');
        note(`${count} ${count === 1 ? 'step' : 'steps'} fitted to ${of} rows of ${plain(table.name)}`);
        if (sample.faults.count > 0)
          note(
            paint(
              'yellow',
              `note: ${sample.faults.count} rows are damaged and left out, the first: row ${sample.faults.first[0]!.row} ${sample.faults.first[0]!.fault}`,
              process.stderr,
            ),
          );
        if (out === undefined) return say(text.trimEnd());
        await writeWhole(out, text);
        say(`${paint('green', 'wrote')} ${plain(out)}`);
      } finally {
        await table.close();
      }
    });
}

/** The steps in a file of their own, or in the notes of a model. */
function declared(file: string): Pipeline {
  const value = readJson(file) as { readonly preprocess?: unknown };
  const own = isPipeline(value) ? value : value.preprocess;
  if (!isPipeline(own))
    throw new ExplainError('bad-option', `${file} has no "blocks": list columns and their steps, as vitrine fit --help shows`);
  return readPipeline(own, path.basename(file));
}
