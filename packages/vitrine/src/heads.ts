import type { HeadsOfLayer } from '@vitrine/audit';
import { sequential } from '@vitrine/data';
import { encodePng } from '@vitrine/data/node';
import type { Explanation } from '@vitrine/explain';

/** More squares than these are no picture any more. */
const MOST = 600;

/** Attention as pictures, a square for each layer and head; undefined unless all tokens for all tokens were asked for. */
export async function headsOf({
  attributions,
  options,
}: Explanation): Promise<{ readonly layers: readonly HeadsOfLayer[]; readonly tokens: number } | undefined> {
  if (options['show'] !== 'all') return undefined;
  const layers = attributions.map(({ at, tensor }) => {
    const [columns, rows] = [tensor.dims.at(-1)!, tensor.dims.at(-2)!];
    const size = rows * columns;
    const values = tensor.data as Float32Array;
    return { at, rows, columns, planes: Array.from({ length: values.length / size }, (_, h) => values.subarray(h * size, (h + 1) * size)) };
  });
  if (layers.reduce((n, { planes }) => n + planes.length, 0) > MOST) return undefined;
  return {
    tokens: layers[0]!.columns,
    layers: await Promise.all(
      layers.map(async ({ at, rows, columns, planes }) => ({
        name: at,
        heads: await Promise.all(
          planes.map(async (plane, h) => ({
            name: planes.length === 1 ? 'all heads' : `head ${h}`,
            source: await squareOf(plane, columns, rows),
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
