import { calledBy, type Feature, type Value } from '@vitrine/data';
import { outputOf, resolve, scoreFrom, type Contrast, type Explanation } from '@vitrine/explain';
import { numbers, tensorOf, type Tensor } from '@vitrine/ir';
import { originsAt } from './places.js';
import type { Exam } from '../exam.js';
import type { ReadRow } from './row.js';
import { shownValue } from './told.js';

/** A feature that is different, as people read it. */
export interface Change {
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

/** Another example as a row of the table. */
export interface ContrastedRow {
  readonly changes: readonly Change[];
  /** Whether the decision is another there as well; undefined where it cannot be told as a row. */
  readonly holds: boolean | undefined;
  /** The explained number of that row. */
  readonly score: number | undefined;
}

/** What the model gives for inputs. */
export type Run = (feeds: ReadonlyMap<string, Tensor>) => Promise<ReadonlyMap<string, Tensor>>;

/** What was found as a row, and what the model says of that: numbers that can only be whole are rounded, away from the example. Undefined where nothing was looked for. */
export async function contrastedRow(
  explanation: Explanation,
  example: Exam['example'],
  row: ReadRow,
  run: Run,
): Promise<ContrastedRow | undefined> {
  const { contrast, attributions, target } = explanation;
  if (contrast === undefined) return undefined;
  const graph = example.shaped.graphAt(1);
  const moved = new Set(
    attributions.flatMap(({ at, tensor }) =>
      (originsAt(graph, at, row) ?? []).flatMap((origin, i) =>
        origin !== undefined && Number(numbers(tensor)[i]) !== 0 ? [origin.column] : [],
      ),
    ),
  );
  const different = row.features.filter(({ name }) => moved.has(name));
  const isPlain = [...contrast.point.keys()].every((at) => row.encoder.origins.has(at));
  if (!isPlain)
    return {
      changes: different.map((feature) => ({ label: calledBy(feature), from: shown(feature, row), to: 'another value' })),
      holds: undefined,
      score: undefined,
    };
  const decoded = row.encoder.decode(new Map([...row.feeds, ...contrast.point].map(([name, tensor]) => [name, listed(tensor)])));
  const values = new Map(row.values);
  for (const feature of different)
    values.set(feature.name, whole(feature, decoded.get(feature.name) ?? null, row.values.get(feature.name) ?? null));
  const changes = different.map((feature) => ({
    label: calledBy(feature),
    from: shown(feature, row),
    to: shownValue(feature, plainly(values.get(feature.name) ?? null)),
  }));
  const encoded = contrast.kind === 'negative' ? row.encoder.encode(values) : { faults: [] };
  if ('faults' in encoded) return { changes, holds: undefined, score: undefined };
  const outputs = await run(
    new Map([...row.feeds].map(([name, like]) => [name, like.dtype === 'string' ? { ...like, data: encoded.inputs.get(name)!.values.map(String) } : tensorOf(like.dtype as 'float32', like.dims, encoded.inputs.get(name)!.values.map(Number))])), // prettier-ignore
  );
  const score = scoreFrom(target.resolved, outputs);
  return { changes, score, holds: score === undefined ? undefined : isAnother(contrast, explanation, score, outputs) };
}

const shown = (feature: Feature, { values }: ReadRow): string => shownValue(feature, values.get(feature.name) ?? null);
const listed = (tensor: Tensor): readonly (number | string)[] =>
  tensor.dtype === 'string' ? (tensor.data as readonly string[]) : Array.from(numbers(tensor), Number);
const plainly = (value: Value): Value => (typeof value === 'number' ? Number(value.toPrecision(6)) : value);

/** Rounded away from where it was, but not beyond what is known. */
function whole({ whole: isWhole, kind, min = -Infinity, max = Infinity }: Feature, to: Value, from: Value): Value {
  if (kind === 'boolean' && typeof to === 'number') return to > 0.5;
  if (typeof to !== 'number') return to;
  if (!isWhole) return to;
  const near = Math.round(to);
  if (Math.abs(to - near) < 1e-3) return near;
  const outward = typeof from === 'number' && to < from ? Math.floor(to) : Math.ceil(to);
  return Math.min(max, Math.max(min, outward));
}

function isAnother({ decision, before }: Contrast, { target }: Explanation, score: number, outputs: ReadonlyMap<string, Tensor>): boolean {
  if (decision.kind === 'side') return score > decision.cut !== decision.above;
  const { resolved } = target;
  const output = resolved.kind === 'index' ? resolved.output : undefined;
  const best = resolve(
    { kind: 'top', ...(output !== undefined && { output }) },
    new Map([[output ?? [...outputs.keys()][0]!, outputOf(output, outputs)]]),
  );
  return best.kind === 'index' && best.index.at(-1) !== before.class;
}
