import { random } from '@vitrine/data';
import { example, probe, subject, type Example, type Point, type Request } from '@vitrine/explain';
import { builder, type Builder, type Tensor, type Value } from '@vitrine/ir';
import type { Runtime } from '@vitrine/runtime';
import { evidence, type Evidence, type EvidenceOptions } from '../evidence.js';

/** A model made for a test, and an example of it. */
export interface Made {
  /** Of the input, [1,…]. */
  readonly x: readonly number[];
  readonly dims?: readonly number[];
  /** From the input to scores [1,K]. */
  readonly write: (b: Builder, x: Value) => Value;
  readonly method?: string;
  readonly request?: Partial<Request>;
}

export const tensor = (dims: readonly number[], values: readonly number[]): Tensor => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from(values),
});

/** Scores that are sums of elements times weights, one list of weights for each class; biases beside them. */
export const linear =
  (weights: readonly (readonly number[])[], biases = weights.map(() => 0)) =>
  (b: Builder, x: Value): Value => {
    const inputs = weights[0]!.length;
    const w = b.initializer(
      tensor(
        [inputs, weights.length],
        weights[0]!.flatMap((_, i) => weights.map((row) => row[i]!)),
      ),
      'w',
    );
    const flat = b.op.Reshape(x, b.ints([-1, inputs]));
    return b.op.Add(b.op.MatMul(flat, w), b.initializer(tensor([weights.length], biases), 'b'));
  };

export async function madeExample({ x, dims = [1, x.length], write }: Made, runtime: Runtime): Promise<Example> {
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: ['N', ...dims.slice(1)] });
  const graph = b.build([write(b, input)]);
  const model = { graph, domains: new Map(), metadata: new Map(), producer: '', opset: 23, irVersion: 11 };
  return example(subject(model, 'made', ''), new Map([['x', tensor(dims, x)]]), runtime);
}

/** Evidence about a made model: of what its method says, or of an attribution in its place. */
export async function madeEvidence(
  made: Made,
  runtime: Runtime,
  {
    attribution,
    truth,
    ...options
  }: Omit<EvidenceOptions, 'attribution' | 'truth'> & {
    readonly attribution?: readonly number[] | undefined;
    readonly truth?: readonly number[] | undefined;
  } = {},
): Promise<Evidence> {
  const ex = await madeExample(made, runtime);
  const { method = 'input-x-gradient', request } = made;
  const asked = await probe(ex, runtime, { method, inputs: ex.feeds, target: { kind: 'index', index: [0] }, ...request });
  const dims = made.dims ?? [1, made.x.length];
  const point = (values: readonly number[]): Point => new Map([['x', tensor(dims, values)]]);
  return evidence(asked, { ...options, attribution: attribution && point(attribution), truth: truth && point(truth) });
}

export const drawn = (count: number, stream: string): readonly number[] => {
  const uniform = random(7, stream);
  return Array.from({ length: count }, () => 2 * uniform() - 1);
};

/** Values in an order that chance decides. */
export const shuffled = (values: readonly number[], stream: string): readonly number[] => {
  const uniform = random(7, stream);
  return values
    .map((v) => [uniform(), v] as const)
    .toSorted((a, b) => a[0] - b[0])
    .map(([, v]) => v);
};
