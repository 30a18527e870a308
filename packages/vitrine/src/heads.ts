import { spelled, type HeadsShown, type Pair } from '@vitrine/audit';
import { sequential, type Encoded } from '@vitrine/data';
import { encodePng } from '@vitrine/data/node';
import type { Explanation } from '@vitrine/explain';
import type { Exam } from './exam.js';

/** More squares than these are no picture any more. */
const MOST = 600;

/** Strongest pairs of tokens that are told of a head. */
const TOLD = 16;

/** Attention as pictures, a square for each layer and head; undefined unless all tokens for all tokens were asked for. */
export async function headsOf({ text }: Exam, { attributions, options }: Explanation): Promise<HeadsShown | undefined> {
  if (options['show'] !== 'all') return undefined;
  const layers = attributions.map(({ at, tensor }) => {
    const [columns, rows] = [tensor.dims.at(-1)!, tensor.dims.at(-2)!];
    const size = rows * columns;
    const values = tensor.data as Float32Array;
    return { at, rows, columns, planes: Array.from({ length: values.length / size }, (_, h) => values.subarray(h * size, (h + 1) * size)) };
  });
  if (layers.reduce((n, { planes }) => n + planes.length, 0) > MOST) return undefined;
  const labels = text && labelsOf(text.encoded);
  const own = labels !== undefined && layers.every(({ rows, columns }) => rows === labels.length && columns === labels.length);
  return {
    tokens: layers[0]!.columns,
    ...(own && { labels }),
    layers: await Promise.all(
      layers.map(async ({ at, rows, columns, planes }) => ({
        name: at,
        heads: await Promise.all(
          planes.map(async (plane, h) => ({
            name: planes.length === 1 ? 'all heads' : `head ${h}`,
            source: await squareOf(plane, columns, rows),
            pairs: strongestPairs(plane, columns, TOLD),
          })),
        ),
      })),
    ),
  };
}

async function squareOf(values: Float32Array, width: number, height: number): Promise<string> {
  const most = values.reduce((m, v) => Math.max(m, Math.abs(v)), 0) || 1;
  const rgba = new Uint8ClampedArray(4 * width * height);
  values.forEach((v, i) => rgba.set([...sequential(Math.abs(v) / most), 255], 4 * i));
  return `data:image/png;base64,${Buffer.from(await encodePng({ width, height, rgba })).toString('base64')}`;
}

/** Tokens as they stand in the text, or as the vocabulary spells what the tokenizer added. */
const labelsOf = ({ tokens, texts }: Encoded): readonly string[] =>
  tokens.map(({ text, sequence, start, end }) =>
    spelled(sequence === undefined || start === end ? text : texts[sequence]!.slice(start, end)),
  );

/** The strongest pairs of different tokens, the strongest first. Rows look, columns are looked at. */
function strongestPairs(plane: Float32Array, columns: number, count: number): readonly Pair[] {
  const pairs: Pair[] = [];
  for (const [i, value] of plane.entries()) {
    const [from, to] = [Math.floor(i / columns), i % columns];
    if (
      from === to ||
      value === 0 ||
      !Number.isFinite(value) ||
      (pairs.length === count && Math.abs(value) <= Math.abs(pairs.at(-1)!.value))
    )
      continue;
    const place = pairs.findIndex((other) => Math.abs(other.value) < Math.abs(value));
    pairs.splice(place < 0 ? pairs.length : place, 0, { from, to, value });
    pairs.length = Math.min(count, pairs.length);
  }
  return pairs;
}
