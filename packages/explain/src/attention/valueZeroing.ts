import { isFloat, numbers, type Tensor, type Value } from '@vitrine/ir';
import { between, openAttention } from '@vitrine/transform';
import { ExplainError } from '../error.js';
import { collect, explainer } from '../explainer.js';
import { choice } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import type { Frame, Program } from '../program.js';
import { layersIn, oneStream, shared, type Sized } from './attend.js';
import { readingFor, placeIn } from './reading.js';
import { PLACE, placeOf, shown } from './shown.js';

const { upsample: _, ...rows } = shared;
const BLOCK = 'block/';

/** What a block gives, as the next one's attention sees it; of the last, the last tokens before the score. [B,T,D]. */
function endOf(f: Frame, layers: readonly Sized[], i: number, method: string): Value {
  const next = layers[i + 1];
  if (next !== undefined) return next.from.queries;
  const { weights, from } = layers[i]!;
  const path = between(f.graph, [weights], f.graph.outputs);
  const shape = from.queries.type.shape?.join();
  const last = f.graph.nodes.findLast(
    ({ outputs: [v] }, at) => v !== undefined && path.has(f.graph.nodes[at]!) && isFloat(v.type.dtype) && v.type.shape?.join() === shape,
  );
  return (
    last?.outputs[0] ??
    (() => {
      throw new ExplainError(
        'no-layer',
        `${method}: nothing behind ${weights.name} is shaped as its tokens: leave the last layer out with to`,
      );
    })()
  );
}

/** Cosine distances of tokens, [T]. */
function distances(a: Tensor, b: Tensor, count: number): readonly number[] {
  const [x, y] = [numbers(a), numbers(b)];
  const width = x.length / count;
  return Array.from({ length: count }, (__, token) => {
    let [xy, xx, yy] = [0, 0, 0];
    for (let i = token * width; i < (token + 1) * width; i++) {
      xy += Number(x[i]) * Number(y[i]);
      xx += Number(x[i]) ** 2;
      yy += Number(y[i]) ** 2;
    }
    return xx === 0 || yy === 0 ? 0 : Math.max(0, 1 - xy / Math.sqrt(xx * yy));
  });
}

/** A value with everything of one token at 0. */
function without({ dtype, dims, data }: Tensor, axis: number, token: number): Tensor {
  const [count, inner] = [dims[axis]!, dims.slice(axis + 1).reduce((n, d) => n * d, 1)];
  const values = (data as Float32Array).map((v, i) => (Math.floor(i / inner) % count === token ? 0 : v));
  return { dtype, dims, data: values } as Tensor;
}

/** How far each token of a block's result moves when the values of one token are nothing: rows are tokens that look, and sum to 1. [T·T]. */
async function block(
  q: Inquiry,
  i: number,
  values: string,
  end: string,
  axis: number,
  whole: ReadonlyMap<string, Tensor>,
): Promise<readonly number[]> {
  const v = whole.get(`values/${i}`)!;
  const count = v.dims[axis]!;
  const program: Program = {
    key: `value-zeroing:${end}`,
    write: (f) => ({ [BLOCK]: f.op.Identity(f.value(end)) }),
  };
  const points = Array.from({ length: count }, (__, token) => new Map([[values, without(v, axis, token)]]));
  const ends = await collect(q.moved([values], points[0]!, openAttention).evaluate(program, points, count));
  const columns = ends.map((result) => distances(whole.get(`${BLOCK}${i}`)!, result.get(BLOCK)!, count));
  return Array.from({ length: count }, (__, row) => {
    const sum = columns.reduce((s, column) => s + column[row]!, 0);
    return columns.map((column) => (sum === 0 ? 0 : column[row]! / sum));
  }).flat();
}

/** A_L … A_1, each [T·T]. */
const product = (a: readonly number[], b: readonly number[], count: number): readonly number[] =>
  a.map((__, i) => {
    const [row, column] = [Math.floor(i / count), i % count];
    let sum = 0;
    for (let k = 0; k < count; k++) sum += a[row * count + k]! * b[k * count + column]!;
    return sum;
  });

/**
 * How far a token moves in a block's result when another's values are zeroed, by cosine distance; rolled out over the blocks. One run of
 * a block for each token. [1,T,T]. Mohebbi et al. 2023, equations 4 to 6.
 */
export const valueZeroing = explainer({
  name: 'value-zeroing',
  title: 'Value zeroing',
  paper: 'Mohebbi et al. 2023, arXiv:2301.12971',
  meaning: 'how much the token that is read depends on what layers take from this one: attention, residual and feed-forward together',
  family: 'attention',
  signed: false,
  layer: 'none',
  forwardOnly: true,
  options: { ...rows, layers: choice(['rollout', 'each'] as const, 'rollout', 'all layers rolled out, or one result for each') },
  async explain(q, asked) {
    const name = 'value-zeroing';
    const program: Program = {
      key: `${name}:${JSON.stringify(asked)}:${placeIn(q.target)}`,
      canonize: openAttention,
      write(f) {
        const layers = oneStream(layersIn(f, asked, name), name);
        return {
          [PLACE]: placeOf(f, layers.at(-1)!, readingFor(f.graph, layers.at(-1)!, asked, q.target, name)),
          ...Object.fromEntries(
            layers.flatMap((layer, i) => {
              const end = endOf(f, layers, i, name);
              return [
                [`values/${i}`, f.op.Identity(layer.values)],
                [`${BLOCK}${i}`, f.op.Identity(end)],
                [
                  `names/${i}`,
                  f.b.initializer({ dtype: 'string', dims: [3], data: [layer.values.name, end.name, layer.weights.name] }, 'names'),
                ],
              ] as const;
            }),
          ),
        };
      },
    };
    const [whole] = await collect(q.evaluate(program, [q.x], 1));
    const named = [...whole!].filter(([key]) => key.startsWith('names/')).map(([, tensor]) => tensor.data as readonly string[]);
    const matrices: (readonly number[])[] = [];
    let count = 0;
    for (const [i, [values, end]] of named.entries()) {
      const { dims } = whole!.get(`values/${i}`)!;
      count = whole!.get(`${BLOCK}${i}`)!.dims.at(-2)!;
      const axis = dims.at(-2) === count ? dims.length - 2 : dims.indexOf(count);
      matrices.push(await block(q, i, values!, end!, axis, whole!));
    }
    const show = (matrix: readonly number[]) =>
      shown(whole!.get(PLACE)!, count, asked.show, (row) => matrix.slice(row * count, (row + 1) * count));
    if (asked.layers === 'rollout') return { attributions: show(matrices.reduce((rolled, a) => product(a, rolled, count))) };
    return { attributions: matrices.flatMap((matrix, i) => show(matrix).map((a) => ({ ...a, at: named[i]![2]! }))) };
  },
});
