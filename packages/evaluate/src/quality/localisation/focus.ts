import { resample } from '@vitrine/data';
import { floats, isChannelLast, spatialAxes, type Point } from '@vitrine/explain';
import { sizeOf, type Tensor } from '@vitrine/ir';
import { first, type Evidence } from '../evidence.js';
import { metric } from '../metric.js';

/** Arias-Duart et al. 2022, eq. 1: in a mosaic of two pictures of a class and two of others, the share of positive relevance on the two. */
export const focus = metric({
  name: 'focus',
  title: 'Focus',
  family: 'localisation',
  paper: 'Arias-Duart et al. 2022, arXiv:2109.15035',
  meaning:
    'in a mosaic of four pictures, two of them of the class, the share of what speaks for the class that lies on the two: ½ by chance',
  better: 'higher',
  needs: ['space', 'label'],
  undefinedWhere: 'there is no other picture of the class, no two of other classes, or nothing speaks for the class',
  options: {},
  async measureAll(all) {
    const readings = [];
    for (const [i, e] of all.entries()) readings.push({ value: await focusOf(e, i, all) });
    return readings;
  },
});

async function focusOf(e: Evidence, i: number, all: readonly Evidence[]): Promise<number> {
  const uniform = e.random(`mosaic ${i}`);
  const drawn = (list: readonly Evidence[], count: number): readonly Evidence[] =>
    list
      .map((one) => [uniform(), one] as const)
      .toSorted((a, b) => a[0] - b[0])
      .slice(0, count)
      .map(([, one]) => one);
  const same = drawn(
    all.filter((other) => other !== e && other.label === e.label),
    1,
  );
  const others = drawn(
    all.filter(({ label }) => label !== e.label),
    2,
  );
  if (same.length < 1 || others.length < 2) return NaN;
  const tiles = drawn([e, ...same, ...others], 4);
  const [[name, like]] = [...e.x] as [[string, Tensor]];
  const point: Point = new Map([
    [
      name,
      mosaic(
        tiles.map(({ x }) => x.get(name)!),
        like,
      ),
    ],
  ]);
  const asked = await e.probe.retargeted({ kind: 'index', index: [e.label!] });
  const found = await first((await e.about(asked)).explain([point]));
  const values = floats(found.get(name)!);
  const tileOf = tilesOf(like);
  let [on, total] = [0, 0];
  values.forEach((v, k) => {
    if (v <= 0) return;
    total += v;
    if (tiles[tileOf(k)]!.label === e.label) on += v;
  });
  return total === 0 ? NaN : on / total;
}

/** Which of four tiles an element lies on. */
function tilesOf({ dims }: Tensor): (element: number) => number {
  const [rows, columns] = spatialAxes(dims) as [number, number];
  const [down, across] = [sizeOf(dims.slice(rows + 1)), sizeOf(dims.slice(columns + 1))];
  const [height, width] = [dims[rows]!, dims[columns]!];
  return (k) => 2 * (Math.floor(k / down) % height < height / 2 ? 0 : 1) + (Math.floor(k / across) % width < width / 2 ? 0 : 1);
}

/** Four pictures at half their size, in two rows. */
function mosaic(pictures: readonly Tensor[], like: Tensor): Tensor {
  const { dims } = like;
  const last = isChannelLast(dims);
  const [height, width] = spatialAxes(dims).map((axis) => dims[axis]!) as [number, number];
  const channels = sizeOf(dims) / (height * width);
  const at = (c: number, y: number, x: number): number => (last ? (y * width + x) * channels + c : (c * height + y) * width + x);
  const [half, side] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const data = new Float32Array(sizeOf(dims));
  for (const [t, picture] of pictures.entries()) {
    const values = floats(picture);
    const planes = Float32Array.from(
      { length: values.length },
      (_, k) => values[at(k % channels, Math.floor(k / (width * channels)), Math.floor(k / channels) % width)]!,
    );
    const small = resample({ width, height, channels, data: planes }, side, half);
    const [top, left] = [t < 2 ? 0 : half, t % 2 === 0 ? 0 : side];
    for (let y = 0; y < Math.min(half, height - top); y++)
      for (let x = 0; x < Math.min(side, width - left); x++)
        for (let c = 0; c < channels; c++) data[at(c, top + y, left + x)] = small.data[(y * side + x) * channels + c]!;
  }
  return { dtype: 'float32', dims, data };
}
