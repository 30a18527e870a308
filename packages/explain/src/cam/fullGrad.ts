import { attrsOf, isFloat, type Node, type Value } from '@vitrine/ir';
import { ATTRIBUTION, attributionsIn, collect, explainer } from '../explainer.js';
import { sum } from '../arithmetic.js';
import type { Frame, Program } from '../program.js';
import { isChannelLast } from '../layout.js';

/** The constant that a node adds to its output, shaped to broadcast against it. */
const biases: { readonly [opType: string]: (f: Frame, node: Node) => Value | undefined } = {
  // Whole numbers are counted, as positions are: no layer adds them.
  Add: ({ graph }, { inputs }) => inputs.find((v) => v !== undefined && isFloat(v.type.dtype) && graph.initializers.has(v)),
  BatchNormalization: ({ op, b }, node) => {
    const [x, scale, bias, mean, variance] = node.inputs as readonly [Value, Value, Value, Value, Value];
    const factor = op.Div(scale, op.Sqrt(op.Add(variance, attrsOf<'BatchNormalization'>(node).epsilon)));
    return alongChannels({ op, b }, op.Sub(bias, op.Mul(mean, factor)), x.type.shape!.length);
  },
  Conv: (f, { inputs: [x, , bias] }) => bias && alongChannels(f, bias, x!.type.shape!.length),
  ConvTranspose: (f, { inputs: [x, , bias] }) => bias && alongChannels(f, bias, x!.type.shape!.length),
  Gemm: ({ op }, node) => node.inputs[2] && op.Mul(node.inputs[2], attrsOf<'Gemm'>(node).beta),
};

const alongChannels = ({ op, b }: Pick<Frame, 'op' | 'b'>, v: Value, rank: number): Value =>
  op.Reshape(v, b.ints([1, -1, ...new Array<number>(rank - 2).fill(1)]));

const TOTAL = 'bias';

/** Absolute values brought to [0,1] over space, then summed over channels. Srinivas and Fleuret 2019, section 4. */
function shown(f: Frame, term: Value, channels: number, space: readonly number[]): Value {
  const { op, b } = f;
  const magnitude = op.Abs(term);
  const over = b.ints(space);
  const low = op.ReduceMin(magnitude, over);
  const range = op.Sub(op.ReduceMax(magnitude, over), low);
  const flat = op.Equal(range, 0);
  return op.ReduceSum(op.Where(flat, 0, op.Div(op.Sub(magnitude, low), op.Where(flat, 1, range))), b.ints([channels]));
}

const program: Program = {
  key: 'full-grad',
  write(f) {
    const { op, b } = f;
    const [x] = f.x as readonly [Value];
    const dims = x.type.shape as readonly number[];
    const last = isChannelLast(dims);
    const [channels, space] = [last ? dims.length - 1 : 1, dims.map((_, i) => i).slice(last ? 1 : 2, last ? -1 : undefined)];
    const found = f.graph.nodes.flatMap((node) => {
      const bias = biases[node.opType]?.(f, node);
      return bias === undefined ? [] : [{ value: node.outputs[0]!, bias }];
    });
    const [g, ...gradients] = f.gradient([x, ...found.map(({ value }) => value)]);
    const input = op.Mul(x, g!);
    let map = shown(f, input, channels, space);
    let total: Value | undefined;
    found.forEach(({ bias }, i) => {
      const term = op.Mul(gradients[i]!, bias);
      const shape = term.type.shape as readonly number[];
      const part = op.ReduceSum(op.Reshape(term, b.ints([f.batch, -1])), b.ints([1]), { keepdims: 0 });
      total = total === undefined ? part : op.Add(total, part);
      if (shape.length !== dims.length || last || shape.slice(2).every((d) => d === 1)) return;
      const inner = shape.map((_, k) => k).slice(2);
      const sizes = b.ints([shape[0]!, 1, ...dims.slice(2)]);
      map = op.Add(
        map,
        op.Resize(shown(f, term, 1, inner), undefined, undefined, sizes, { mode: 'linear', coordinate_transformation_mode: 'half_pixel' }),
      );
    });
    const whole = op.ReduceSum(op.Reshape(input, b.ints([f.batch, -1])), b.ints([1]), { keepdims: 0 });
    return { [ATTRIBUTION + x.name]: map, [TOTAL]: total === undefined ? whole : op.Add(whole, total) };
  },
};

/** What input and every bias contribute, drawn together. Srinivas and Fleuret 2019. */
export const fullGrad = explainer({
  name: 'full-grad',
  title: 'FullGrad',
  paper: 'Srinivas and Fleuret 2019, arXiv:1905.00780',
  meaning: 'how much this region, and what every layer makes of it, matters to the score',
  family: 'cam',
  signed: false,
  layer: 'none',
  options: {},
  async explain(q) {
    const [results] = await collect(q.evaluate(program, [q.x], 1));
    const gap = sum(results!.get(TOTAL)!) - q.score;
    const off = Math.abs(gap) > 1e-3 * Math.max(1, Math.abs(q.score));
    return {
      attributions: attributionsIn(results!),
      ...(off && {
        warnings: [
          `input and bias terms add up to ${(q.score + gap).toPrecision(4)}, the score is ${q.score.toPrecision(4)}: the network is not piecewise linear, so FullGrad's decomposition does not hold exactly`,
        ],
      }),
    };
  },
});
