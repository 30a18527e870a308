import { builder, type Builder, type Tensor, type Value } from '@vitrine/ir';
import type { Inquiry } from '../inquiry.js';
import { permutation } from '../perturbation/coalition.js';
import { dense, held, type Dense, type Named, type Weights } from '../training/network.js';
import { train } from '../training/train.js';
import { kinds, type Decisions } from './decisions.js';

export interface SelectorOptions {
  /** How many parts are chosen. */
  readonly features: number;
  readonly hidden: number;
  readonly epochs: number;
  readonly batch: number;
  readonly temperature: number;
  readonly rate: number;
  /** Whether the telling network learns along with the choosing one, or before it, from parts drawn at random. */
  readonly teller: 'joint' | 'apart';
}

/** What is learned from: examples as rows of columns that vary by 1 around 0, and the part of each column. */
export interface Studied {
  readonly rows: Float32Array;
  readonly columns: number;
  readonly owner: Int32Array;
  readonly parts: number;
  readonly decisions: Decisions;
  /** [rows, width] */
  readonly said: Float32Array;
}

/** A network that scores parts, and one that tells the decision from some of them. */
export interface Selector {
  readonly weights: Weights;
  readonly selecting: Dense;
  /** How much each part is to be chosen, before softmax: [rows][parts] */
  logits(rows: Float32Array): Promise<readonly Float32Array[]>;
  /** What the decision is by the columns of chosen parts alone, in the decision's terms: [rows][width]. `chosen`: [rows, parts], 0 or 1 */
  tell(rows: Float32Array, chosen: Float32Array): Promise<readonly ArrayLike<number>[]>;
}

/** What of each weight goes in a step of length 1: few examples are learned by heart otherwise. */
const DECAY = 0.01;

/**
 * Trains both together: parts are drawn by relaxed sampling without replacement, features times a Gumbel softmax of the same logits, the
 * greatest of which each part has. Chen et al. 2018, eq. 5 and 6.
 */
export async function trainSelector(
  q: Inquiry,
  { rows, columns, owner, parts, decisions, said }: Studied,
  given: SelectorOptions,
): Promise<Selector> {
  const { features, hidden, epochs, batch, temperature, rate, teller } = given;
  const start = q.random('start');
  const selecting = dense('selector', [columns, hidden, hidden, parts], start);
  const telling = dense('teller', [columns, hidden, hidden, decisions.width], start);
  const examples = rows.length / columns;
  const noise = gumbel(q.random('noise'));
  const tellFrom = (b: Builder, x: Value, chosen: Value, weights: Named): Value =>
    telling.write(b, b.op.Mul(x, b.op.Gather(chosen, b.ints(Array.from(owner)), { axis: 1 })), weights);
  const training = {
    examples,
    epochs,
    batch,
    rate,
    decay: DECAY,
    runtime: q.runtime,
    memoryBytes: q.limits.memoryBytes,
    signal: q.signal,
    progress: q.progress,
  };
  const shown = (list: Uint32Array): readonly (readonly [string, Tensor])[] => [
    ['x', taken(rows, columns, list)],
    ['says', taken(said, decisions.width, list)],
  ];
  const lossOf = (b: Builder, fed: Named, chosen: Value, named: Named): Value =>
    kinds[decisions.kind].loss(b, tellFrom(b, fed('x'), chosen, named), fed('says'));
  /** Parts by relaxed draws: [N, parts] */
  const drawn = (b: Builder, fed: Named, named: Named): Value => {
    const { op } = b;
    const logits = op.Unsqueeze(selecting.write(b, fed('x'), named), b.ints([1]));
    return op.ReduceMax(op.Softmax(op.Mul(op.Add(logits, fed('noise')), 1 / temperature), { axis: 2 }), b.ints([1]), { keepdims: 0 });
  };
  const withNoise = (list: Uint32Array): ReadonlyMap<string, Tensor> => {
    const data = Float32Array.from({ length: list.length * features * parts }, noise);
    return new Map([...shown(list), ['noise', { dtype: 'float32', dims: [list.length, features, parts], data }]]);
  };
  const apart =
    teller === 'joint'
      ? undefined
      : await train(
          { weights: telling.weights, loss: (b, named, fed) => lossOf(b, fed, fed('chosen'), named) },
          { ...training, random: (label) => q.random(`teller/${label}`), feed: withSome(shown, parts, features, q.random('some')) },
        );
  const known = apart?.weights ?? new Map();
  const both = await train(
    {
      weights: apart === undefined ? new Map([...selecting.weights, ...telling.weights]) : selecting.weights,
      loss(b, named, fed) {
        const fixed = held(b, known);
        return lossOf(b, fed, drawn(b, fed, named), (name) => (known.has(name) ? fixed(name) : named(name)));
      },
    },
    { ...training, random: q.random, feed: withNoise },
  );
  const weights: Weights = new Map([...known, ...both.weights]);
  const run = async (write: (b: Builder, fed: (name: string, width: number) => Value) => Value, fed: ReadonlyMap<string, Float32Array>) => {
    const b = builder();
    const count = fed.get('x')!.length / columns;
    const y = write(b, (name, width) => b.input(name, { dtype: 'float32', shape: [count, width] }));
    const session = await q.runtime.open(b.build([y]));
    const widths = new Map([['x', columns], ['chosen', parts]]); // prettier-ignore
    const feeds = new Map(
      [...fed].map(([name, data]): [string, Tensor] => [name, { dtype: 'float32', dims: [count, widths.get(name)!], data: data as never }]),
    );
    const [result] = (await session.run(feeds, q.signal)).values();
    const values = result!.data as Float32Array;
    const width = values.length / count;
    return Array.from({ length: count }, (_, i) => values.subarray(i * width, (i + 1) * width));
  };
  return {
    weights,
    selecting,
    logits: (some) => run((b, fed) => selecting.write(b, fed('x', columns), held(b, weights)), new Map([['x', some]])),
    tell: async (some, chosen) =>
      (await run((b, fed) => tellFrom(b, fed('x', columns), fed('chosen', parts), held(b, weights)), new Map([['x', some], ['chosen', chosen]]))).map((scores): ArrayLike<number> => kinds[decisions.kind].says(scores)), // prettier-ignore
  };
}

/** What is shown of examples, and as many parts as are chosen, drawn at random. Jethani et al. 2021, arXiv:2103.01890, section 4. */
const withSome =
  (shown: (list: Uint32Array) => readonly (readonly [string, Tensor])[], parts: number, features: number, uniform: () => number) =>
  (list: Uint32Array): ReadonlyMap<string, Tensor> => {
    const data = new Float32Array(list.length * parts);
    list.forEach((_, i) => {
      for (const part of permutation(parts, uniform).subarray(0, features)) data[i * parts + part] = 1;
    });
    return new Map([...shown(list), ['chosen', { dtype: 'float32', dims: [list.length, parts], data }]]);
  };

/** −log(−log u). */
const gumbel =
  (uniform: () => number): (() => number) =>
  () =>
    -Math.log(-Math.log(uniform() || Number.MIN_VALUE));

function taken(values: Float32Array, width: number, rows: Uint32Array): Tensor {
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => data.set(values.subarray(row * width, (row + 1) * width), i * width));
  return { dtype: 'float32', dims: [rows.length, width], data };
}
