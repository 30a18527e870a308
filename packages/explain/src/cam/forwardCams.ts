import { sizeOf, type Tensor } from '@vitrine/ir';
import { accumulator, floats, mapped, probabilities } from '../arithmetic.js';
import { ATTRIBUTION, attributionsIn, collect, explainer, type Found } from '../explainer.js';
import { flag, int } from '../field.js';
import type { Inquiry, Point } from '../inquiry.js';
import type { Program } from '../program.js';
import { scoreOf, scoreProgram } from '../rows.js';
import { asMaps, layerOf } from './cam.js';

/** The layer's maps [1,C,…] at the example, and the value itself. */
async function layerAt(q: Inquiry, layer: string): Promise<{ readonly maps: Tensor; readonly value: Tensor }> {
  const program: Program = {
    key: `layer:${layer}`,
    layers: [layer],
    write: (f) => {
      const { value, toMaps } = asMaps(f, layer);
      return { [ATTRIBUTION + layer]: toMaps(value), value };
    },
  };
  const [results] = await collect(q.evaluate(program, [q.x], 1));
  return { maps: attributionsIn(results!)[0]!.tensor, value: results!.get('value')! };
}

/** Maps weighted by one number per channel, summed. */
function weightedSum(maps: Tensor, channels: readonly number[], weights: readonly number[], relu: boolean): Tensor {
  const spatial = maps.dims.slice(2);
  const area = sizeOf(spatial);
  const total = accumulator({ dtype: maps.dtype, dims: [1, 1, ...spatial], data: new Float32Array(area) });
  channels.forEach((c, k) => total.add(channel(maps, c), (v) => v * weights[k]!));
  return total.read((v) => (relu ? Math.max(0, v) : v));
}

function channel(maps: Tensor, c: number): Tensor {
  const spatial = maps.dims.slice(2);
  const area = sizeOf(spatial);
  return { dtype: maps.dtype, dims: [1, 1, ...spatial], data: floats(maps).subarray(c * area, (c + 1) * area) };
}

/** The channels with most energy, or all, in their order. */
function strongest(maps: Tensor, count: number): readonly number[] {
  const all = Array.from({ length: maps.dims[1]! }, (_, c) => c);
  if (count === 0 || count >= all.length) return all;
  const energy = all.map((c) => floats(channel(maps, c)).reduce((s, v) => s + v * v, 0));
  return all
    .toSorted((a, b) => energy[b]! - energy[a]!)
    .slice(0, count)
    .toSorted((a, b) => a - b);
}

const options = {
  channels: int(0, 'only so many channels, those with most energy; 0 takes all', { min: 0 }),
  relu: flag(true, 'keep only what speaks for the target'),
};

/** Each map, brought to [0,1] and to the input's size, masks the input; its weight is the softmax of the scores. Wang et al. 2020, eq. 5 to 8. */
export const scoreCam = explainer({
  name: 'score-cam',
  title: 'Score-CAM',
  paper: 'Wang et al. 2020, arXiv:1910.01279',
  meaning: 'how much this region speaks for the target, measured by showing the model only it',
  family: 'cam',
  signed: false,
  layer: 'spatial',
  forwardOnly: true,
  options,
  async explain(q, { channels, relu }): Promise<Found> {
    const layer = layerOf(q, 'score-cam');
    const { maps } = await layerAt(q, layer);
    const picked = strongest(maps, channels);
    const x = [...q.x.values()][0]!;
    const mask = 'vitrine/mask';
    const program: Program = {
      key: `masked:${layer}`,
      place(b, value, i, batch) {
        if (i > 0) return b.op.Expand(value, b.ints([batch, ...(value.type.shape as readonly number[]).slice(1)]));
        const small = b.input(mask, { dtype: x.dtype, shape: [batch, 1, ...maps.dims.slice(2)] });
        const sizes = b.ints([batch, 1, ...x.dims.slice(2)]);
        return b.op.Mul(
          value,
          b.op.Resize(small, undefined, undefined, sizes, { mode: 'linear', coordinate_transformation_mode: 'half_pixel' }),
        );
      },
      write: (f) => ({ score: f.score }),
    };
    const scores: number[] = [];
    for await (const results of q.evaluate(program, masks(), picked.length)) scores.push(scoreOf(results));
    return {
      attributions: [
        {
          at: layer,
          tensor: weightedSum(maps, picked, Array.from(probabilities(scores)), relu),
        },
      ],
    };

    function* masks(): Iterable<Point> {
      for (const c of picked) {
        const map = channel(maps, c);
        const values = floats(map);
        const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
        yield new Map([...q.x, [mask, mapped(map, (i) => (high > low ? (values[i]! - low) / (high - low) : 0))]]);
      }
    }
  },
});

/** A channel's weight is the share of the score that is lost without it. Desai and Ramaswamy 2020, eq. 2 and 3. */
export const ablationCam = explainer({
  name: 'ablation-cam',
  title: 'Ablation-CAM',
  paper: 'Desai and Ramaswamy 2020, WACV',
  meaning: 'how much this region speaks for the target, measured by taking channels away',
  family: 'cam',
  signed: false,
  layer: 'spatial',
  forwardOnly: true,
  options,
  async explain(q, { channels, relu }): Promise<Found> {
    const layer = layerOf(q, 'ablation-cam');
    const { maps, value } = await layerAt(q, layer);
    const picked = strongest(maps, channels);
    const tail = q.moved([layer], new Map([[layer, value]]));
    const channelAxis = value.dims.length === maps.dims.length && value.dims[1] === maps.dims[1] ? 1 : value.dims.length - 1;
    const [inner, count] = [sizeOf(value.dims.slice(channelAxis + 1)), value.dims[channelAxis]!];
    const scores: number[] = [];
    for await (const results of tail.evaluate(scoreProgram, ablated(), picked.length)) scores.push(scoreOf(results));
    return {
      attributions: [
        {
          at: layer,
          tensor: weightedSum(
            maps,
            picked,
            scores.map((s) => (q.score - s) / q.score),
            relu,
          ),
        },
      ],
    };

    function* ablated(): Iterable<Point> {
      const values = floats(value);
      for (const c of picked) yield new Map([[layer, mapped(value, (i) => (Math.floor(i / inner) % count === c ? 0 : values[i]!))]]);
    }
  },
});
