import { writeNpz } from '@vitrine/data';
import type { Attribution, Explanation } from '@vitrine/explain';
import { numbers, sizeOf, type Tensor } from '@vitrine/ir';

const field = (value: string | number): string =>
  typeof value === 'number' ? String(value) : /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
const csv = (rows: readonly (readonly (string | number)[])[]): Uint8Array =>
  new TextEncoder().encode(`${rows.map((row) => row.map(field).join(',')).join('\n')}\n`);

/** Files that tell what each layer had and kept, by their endings; none where a method keeps no books. */
export function layerFiles({ conservation = [], layers = [] }: Explanation): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  if (conservation.length === 0) return files;
  const totals = conservation.flatMap(({ name, layers: list }) =>
    list.map((l) => [name, l.value, l.node, l.opType, l.relevance, l.bias, l.stabilizer, l.dropped] as const),
  );
  files.set('layers.csv', csv([['lane', 'value', 'node', 'operator', 'relevance', 'bias', 'stabilizer', 'dropped'], ...totals]));
  if (layers.length === 0) return files;
  files.set('parts.csv', csv([['lane', 'value', 'part', 'index', 'relevance'], ...layers.flatMap(partsOf)]));
  files.set('layers.npz', writeNpz(new Map(layers.map(({ at, part, tensor }) => [named(at, part), tensor]))));
  return files;
}

/** A name within an archive that no tool takes for a place outside it. */
const named = (at: string, part: string | undefined): string =>
  [at.replaceAll('..', '_').replace(/^\/+/, ''), ...(part === undefined ? [] : [part])].join('.');

/** Sums over everything but one axis: channels or heads of [1,C,…], tokens of [1,T,D], features of [1,F]. */
function partsOf({ at, part = 'relevance', tensor }: Attribution): readonly (readonly (string | number)[])[] {
  const rank = tensor.dims.length;
  if (rank < 2) return [];
  const kind = rank === 2 ? 'feature' : rank === 3 ? 'token' : 'channel';
  return sumsAlong(tensor, 1).map((sum, i) => [part, at, kind, i, sum]);
}

function sumsAlong(tensor: Tensor, axis: number): readonly number[] {
  const inner = sizeOf(tensor.dims.slice(axis + 1));
  const count = tensor.dims[axis]!;
  const sums = new Array<number>(count).fill(0);
  Array.from(numbers(tensor)).forEach((v, i) => (sums[Math.floor(i / inner) % count]! += v));
  return sums;
}
