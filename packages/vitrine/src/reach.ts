import { DataError, type Encoded } from '@vitrine/data';
import { beyondTables } from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';
import type { TextModel } from './textModel.js';

/** Text that is longer than a model reads. */
export const over = ({ tokens }: Encoded, model: string, most: number): DataError =>
  new DataError(
    'bad-input',
    `the text has ${tokens.length} tokens, and ${model} reads at most ${most}: shorten it, or cut it with --max-tokens ${most}`,
  );

/** @throws DataError where the model's own tables say that it reads fewer tokens, or only one of two texts */
export async function checkReach(
  model: TextModel,
  encoded: Encoded,
  feeds: ReadonlyMap<string, Tensor>,
  readings: ReadonlyMap<string, string>,
): Promise<void> {
  const { subject } = model;
  const { positions, types } = await tablesShort(model, feeds, readings);
  if (positions !== undefined) throw over(encoded, subject.name, positions);
  if (types) throw new DataError('bad-input', `${subject.name} reads one text, and two are given: leave the second out (--pair)`);
}

/** Where tables end before what is fed: the most tokens that have a place, and whether the second of two texts has a row. */
export async function tablesShort(
  { subject, runtime }: TextModel,
  feeds: ReadonlyMap<string, Tensor>,
  readings: ReadonlyMap<string, string>,
): Promise<{ readonly positions: number | undefined; readonly types: boolean }> {
  const beyond = (await beyondTables(subject, feeds, await runtime())).map((table) => ({
    ...table,
    reading: readings.get(table.input ?? ''),
  }));
  const positions = beyond.flatMap(({ input, reading, fits }) => (input === undefined || reading === 'position_ids' ? [fits] : []));
  return {
    positions: positions.length > 0 ? Math.min(...positions) : undefined,
    types: beyond.some(({ reading }) => reading === 'token_type_ids'),
  };
}
