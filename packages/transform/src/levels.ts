import type { Builder, Node, Ops, Value } from '@vitrine/ir';
import { extents, rankOf } from './fit.js';

/** What quantized operators are written with. */
export interface Making {
  readonly op: Ops;
  readonly b: Builder;
  readonly node: Node;
}

/** The least and the most that each quantized type holds. */
export const ranges: { readonly [dtype: string]: readonly [least: number, most: number] } = {
  int2: [-2, 1],
  int4: [-8, 7],
  int8: [-128, 127],
  int16: [-32768, 32767],
  uint2: [0, 3],
  uint4: [0, 15],
  uint8: [0, 255],
  uint16: [0, 65535],
  float4e2m1: [-6, 6],
  float8e4m3fn: [-448, 448],
  float8e4m3fnuz: [-240, 240],
  float8e5m2: [-57344, 57344],
  float8e5m2fnuz: [-57344, 57344],
};

/** A scale or zero point of one element as a scalar. */
export const single = ({ op, b, node }: Making, v: Value): Value =>
  rankOf(v, node) > 0 && extents(v, node)[0] === 1 ? op.Reshape(v, b.ints([])) : v;

/** (x − zero) · scale, with one scale for all or one for each place along the axis. The zero point is always there: ONNX Runtime's fusions trip over its absence. */
export function dequantized(c: Making, x: Value, scale: Value, zero?: Value, axis = 1): Value {
  const { op, b, node } = c;
  const one = single(c, scale);
  const none = b.scalar(0, x.type.dtype as 'uint8');
  const at = zero === undefined ? (rankOf(one, node) === 0 ? none : op.Expand(none, b.ints(extents(one, node)))) : single(c, zero);
  return op.DequantizeLinear(x, one, at, { axis });
}
