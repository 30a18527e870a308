import type { Ops, Value } from '@vitrine/ir';
import { ExplainError } from '../error.js';
import { single, type Explainer, type Layered } from '../explainer.js';
import { choice, flag } from '../field.js';
import { spatialAs } from '../layout.js';
import type { Frame } from '../program.js';

/** Activations and gradients of a layer as maps [B,C,…]. */
export interface Maps {
  readonly f: Frame;
  readonly op: Ops;
  readonly activation: Value;
  readonly gradient: Value;
  /** Sum and mean over space, kept at 1; sum over channels, kept at 1. */
  readonly sumOverSpace: (v: Value) => Value;
  readonly meanOverSpace: (v: Value) => Value;
  readonly sumOverChannels: (v: Value) => Value;
}

/** The layer that the question names or that was found. @throws ExplainError 'no-layer' */
export function layerOf(q: Layered, method: string): string {
  if (q.layer === undefined)
    throw new ExplainError(
      'no-layer',
      `${method} needs a layer laid out in space and none was found: name one with --layer (vitrine inspect lists them)`,
    );
  return q.layer;
}

/** A layer's values as maps: tokens behind the class token become a square grid. */
export function asMaps(f: Frame, name: string): { readonly value: Value; readonly toMaps: (v: Value) => Value } {
  const value = f.value(name);
  const spatial = spatialAs(f.graph, value);
  if (spatial === undefined)
    throw new ExplainError(
      'no-layer',
      `layer ${name} has shape [${value.type.shape?.join(',') ?? '?'}], which is not laid out in space: name another with --layer`,
    );
  if (spatial.layout === 'maps') return { value, toMaps: (v) => v };
  const [batch, count, width] = value.type.shape as readonly [number, number, number];
  const side = Math.sqrt(count - spatial.extra);
  const { op, b } = f;
  const toMaps = (v: Value): Value => {
    const patches = spatial.extra === 0 ? v : op.Slice(v, b.ints([spatial.extra]), b.ints([count]), b.ints([1]));
    return op.Reshape(op.Transpose(patches, { perm: [0, 2, 1] }), b.ints([batch, width, side, side]));
  };
  return { value, toMaps };
}

export function mapsOf(f: Frame, name: string): Maps {
  const { value, toMaps } = asMaps(f, name);
  const [g] = f.gradient([value]) as [Value];
  const [activation, gradient] = [toMaps(value), toMaps(g)];
  const space = f.b.ints(activation.type.shape!.map((_, i) => i).slice(2));
  return {
    f,
    op: f.op,
    activation,
    gradient,
    sumOverSpace: (v) => f.op.ReduceSum(v, space),
    meanOverSpace: (v) => f.op.ReduceMean(v, space),
    sumOverChannels: (v) => f.op.ReduceSum(v, f.b.ints([1])),
  };
}

export const camOptions = {
  relu: flag(true, 'keep only what speaks for the target'),
  upsample: choice(['none', 'nearest', 'bilinear'] as const, 'none', "resize the map to the input's size"),
};

/** A map [B,1,…] at the size of the input. Positions follow PyTorch's interpolate with align_corners false. */
export function upsampled(f: Frame, map: Value, how: 'none' | 'nearest' | 'bilinear'): Value {
  const input = f.x[0]!.type.shape as readonly number[];
  const rank = map.type.shape!.length;
  if (how === 'none') return map;
  if (input.length !== rank)
    throw new ExplainError('bad-option', `a map with ${rank - 2} spatial axes cannot be resized to an input of shape [${input.join(',')}]`);
  const sizes = f.b.ints([input[0]!, 1, ...input.slice(2)]);
  return how === 'nearest'
    ? f.op.Resize(map, undefined, undefined, sizes, {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      })
    : f.op.Resize(map, undefined, undefined, sizes, { mode: 'linear', coordinate_transformation_mode: 'half_pixel' });
}

type Cam = Pick<Explainer, 'name' | 'title' | 'paper' | 'meaning'>;

/** A class activation map: a formula over a layer's activations and gradients. */
export const cam = (about: Cam, formula: (m: Maps) => Value) =>
  single({
    ...about,
    family: 'cam',
    signed: false,
    layer: 'spatial',
    options: camOptions,
    write(f, { relu, upsample }, q) {
      const layer = layerOf(q, about.name);
      const map = formula(mapsOf(f, layer));
      return { [layer]: upsampled(f, relu ? f.op.Relu(map) : map, upsample) };
    },
  });
