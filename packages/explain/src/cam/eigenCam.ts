import { sizeOf, type Tensor } from '@vitrine/ir';
import { floats, mapped } from '../arithmetic.js';
import { ATTRIBUTION, attributionsIn, collect, explainer } from '../explainer.js';
import { asMaps, layerOf } from './cam.js';

/**
 * Projection of maps [1,C,…] on their first principal axis, by power iteration on the channels' Gram matrix.
 * An axis has no direction of its own; it is turned so that strong activations come out positive.
 */
export function firstComponent(maps: Tensor): Tensor {
  const [, channels, ...spatial] = maps.dims as [number, number, ...number[]];
  const area = sizeOf(spatial);
  const a = floats(maps);
  let axis = Float64Array.from(
    { length: channels },
    (_, c) => a.subarray(c * area, (c + 1) * area).reduce((s, v) => s + v, 0) + 1e-12 * (c + 1),
  );
  let projection = new Float64Array(area);
  for (let step = 0; step < 200; step++) {
    projection = new Float64Array(area);
    for (let c = 0; c < channels; c++) for (let p = 0; p < area; p++) projection[p]! += axis[c]! * a[c * area + p]!;
    const next = Float64Array.from({ length: channels }, (_, c) => {
      let dot = 0;
      for (let p = 0; p < area; p++) dot += a[c * area + p]! * projection[p]!;
      return dot;
    });
    const norm = Math.sqrt(next.reduce((s, v) => s + v * v, 0)) || 1;
    let change = 0;
    for (let c = 0; c < channels; c++) {
      next[c]! /= norm;
      change = Math.max(change, Math.abs(next[c]! - axis[c]!));
    }
    axis = next;
    if (change < 1e-10) break;
  }
  const sign = projection.reduce((s, v) => s + v, 0) < 0 ? -1 : 1;
  return mapped({ dtype: maps.dtype, dims: [1, 1, ...spatial], data: maps.data }, (p) => sign * projection[p]!);
}

/** Muhammad and Yeasin 2020: what the layer shows most, whatever the class. */
export const eigenCam = explainer({
  name: 'eigen-cam',
  title: 'Eigen-CAM',
  paper: 'Muhammad and Yeasin 2020, arXiv:2008.00299',
  meaning: 'how strongly the layer responds to this region, for whatever class',
  family: 'cam',
  signed: false,
  layer: 'spatial',
  forwardOnly: true,
  options: {},
  async explain(q) {
    const layer = layerOf(q, 'eigen-cam');
    const [results] = await collect(
      q.evaluate(
        {
          key: `maps:${layer}`,
          layers: [layer],
          write: (f) => {
            const { value, toMaps } = asMaps(f, layer);
            return { [ATTRIBUTION + layer]: toMaps(value) };
          },
        },
        [q.x],
        1,
      ),
    );
    const [maps] = attributionsIn(results!);
    return { attributions: [{ at: layer, tensor: firstComponent(maps!.tensor) }] };
  },
});
