import { writeNpz } from '@vitrine/data';
import type { Attribution, Explanation, LayerRelevance } from '@vitrine/explain';
import { numbers, sizeOf, type Tensor } from '@vitrine/ir';

const field = (value: string | number): string =>
  typeof value === 'number' ? String(value) : /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
/** Rows as a table that spreadsheets read. */
export const csv = (rows: readonly (readonly (string | number)[])[]): Uint8Array =>
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
  files.set('layers.npz', writeNpz(new Map(namesOf(layers).map((name, i) => [name, layers[i]!.tensor]))));
  return files;
}

/** Names within an archive that no tool takes for a place outside it, no two alike. */
function namesOf(layers: readonly Attribution[]): readonly string[] {
  const taken = new Set<string>();
  return layers.map(({ at, part }) => {
    const plain = at.replaceAll('..', '_').replace(/^\/+/, '');
    const wanted = part === undefined ? plain : `${plain}.${part}`;
    let name = wanted;
    for (let n = 2; taken.has(name); n++) name = `${wanted}.${n}`;
    taken.add(name);
    return name;
  });
}

/** Sums over everything but one axis: channels, and tokens or steps beside them in [1,T,D] and [1,C,T]; features of [1,F]. */
function partsOf({ at, part = 'relevance', tensor, channelAxis }: LayerRelevance): readonly (readonly (string | number)[])[] {
  const rank = tensor.dims.length;
  if (rank < 2) return [];
  const along = (kind: string, axis: number): readonly (readonly (string | number)[])[] =>
    sumsAlong(tensor, axis).map((sum, i) => [part, at, kind, i, sum]);
  if (rank === 2) return along('feature', 1);
  if (channelAxis === undefined) return rank === 4 ? along('axis 1', 1) : [];
  return [...along('channel', channelAxis), ...(rank === 3 ? along(channelAxis === 2 ? 'token' : 'step', 3 - channelAxis) : [])];
}

function sumsAlong(tensor: Tensor, axis: number): readonly number[] {
  const inner = sizeOf(tensor.dims.slice(axis + 1));
  const count = tensor.dims[axis]!;
  const sums = new Array<number>(count).fill(0);
  Array.from(numbers(tensor)).forEach((v, i) => (sums[Math.floor(i / inner) % count]! += v));
  return sums;
}
