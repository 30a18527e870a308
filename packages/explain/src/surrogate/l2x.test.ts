import { normal, random } from '@vitrine/data';
import { builder, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Explanation } from '../explanation.js';
import { asking, caseOf, listed, type Case } from '../testing/asking.js';
import { decisionsIn, inTerms, kinds } from './decisions.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

const WIDTH = 8;
const draw = (seed: number): (() => number) => normal(random(seed, 'rows'));
const background = (count: number, seed = 1): Tensor => {
  const next = draw(seed);
  return tensorOf('float32', [count, WIDTH], Array.from({ length: count * WIDTH }, next));
};

type Column = (i: number) => Value;
/** A function of the columns of x [N,8] as a model. */
async function model(x: readonly number[], write: (b: Builder, column: Column) => Value, target = 0): Promise<Case> {
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: ['N', WIDTH] });
  const y = write(b, (i) => b.op.Gather(input, b.ints([i]), { axis: 1 }));
  return caseOf(b.build([y]), runtime, new Map([['x', tensorOf('float32', [1, WIDTH], x) as Tensor]]), { kind: 'index', index: [target] });
}
const ask = (c: Case, options = {}, more = {}): Promise<Explanation> => asking(runtime)(c, 'l2x', options, more);
const valuesOf = ({ parts }: Explanation): readonly number[] => parts!.values.map(({ value }) => value);
/** What is said of what was learned. */
const cautions = ({ warnings }: Explanation): readonly string[] => warnings.filter((line) => line.startsWith('what the model says'));
const likeliest = (e: Explanation, count: number): readonly number[] => {
  const values = valuesOf(e);
  return [...values.keys()].toSorted((a, b) => values[b]! - values[a]!).slice(0, count).toSorted((a, b) => a - b); // prettier-ignore
};

/** Says yes by the second number or the third: the first decides by which. */
const switched = (b: Builder, column: Column): Value =>
  b.op.Sigmoid(b.op.Mul(b.op.Where(b.op.Greater(column(0), 0), column(1), column(2)), 4));
/** Says yes where the first two numbers have the same sign. */
const alike = (b: Builder, column: Column): Value => b.op.Sigmoid(b.op.Mul(b.op.Mul(column(0), column(1)), 4));
const logits = (b: Builder, column: Column): Value => b.node('Concat', [column(3), column(5), b.op.Neg(column(3))], { axis: 1 })[0]!;

const examples = (count: number): readonly (readonly number[])[] => {
  const next = draw(9);
  return Array.from({ length: count }, () => Array.from({ length: WIDTH }, next));
};

describe('l2x', () => {
  test('finds the number that a switch makes count, in at least nine examples of ten', async () => {
    let right = 0;
    for (const x of examples(60)) {
      const found = await ask(await model(x, switched), { background: background(1500), features: 1 });
      expect(cautions(found)).toEqual([]);
      if (likeliest(found, 1)[0] === (x[0]! > 0 ? 1 : 2)) right++;
    }
    expect(right / 60).toBeGreaterThanOrEqual(0.9);
  });

  test('says so where the choice of parts tells the answer, and with a teller that learned apart it cannot', async () => {
    const options = { background: background(1500), features: 2 };
    const leaky = await ask(await model(examples(1)[0]!, alike), options);
    expect(cautions(leaky)).toEqual([expect.stringContaining('teller=apart keeps them from it')]);
    const [told, , alone] = leaky.fidelity!;
    expect(told!.value).toBeGreaterThan(0.85);
    expect(alone!.value).toBeLessThan(0.7);
    let right = 0;
    for (const x of examples(30)) {
      const found = await ask(await model(x, alike), { ...options, teller: 'apart' });
      expect(cautions(found)).toEqual([]);
      expect(found.fidelity![2]!.value).toBeGreaterThan(0.95);
      if (likeliest(found, 2).join() === '0,1') right++;
    }
    expect(right / 30).toBeGreaterThanOrEqual(0.9);
  });

  test('learns once for all classes of an output, and each probability lies between 0 and 1', async () => {
    const opened: unknown[] = [];
    const own: Runtime = { ...runtime, open: (graph, options) => (opened.push(graph), runtime.open(graph, options)) };
    const [x] = examples(1) as [readonly number[]];
    const asked = async (target: number, seed = 0): Promise<Explanation> =>
      asking(own)(await model(x, logits, target), 'l2x', { background: background(300), features: 2, epochs: 200 }, { seed });
    const first = await asked(0);
    const trained = opened.length;
    const other = await asked(1);
    // The model, what chooses and what tells are opened again, and nothing that learns.
    expect(opened.length - trained).toBeLessThanOrEqual(3);
    expect([other.evaluations, valuesOf(other)]).toEqual([first.evaluations, valuesOf(first)]);
    expect(other.fidelity!.at(-1)!.value).not.toBe(first.fidelity!.at(-1)!.value);
    for (const value of valuesOf(first)) expect(value >= 0 && value <= 1).toBe(true);
    expect(listed(first.attributions[0]!.tensor)).toEqual(valuesOf(first).map(Math.fround));
    expect(likeliest(first, 2)).toEqual([3, 5]);
    expect(first.fidelity!.map(({ name }) => name)).toEqual(['accuracy', 'accuracy', 'told alone']);
    expect(valuesOf(await asked(0, 1))).not.toEqual(valuesOf(first));
  });

  test('learns numbers too, and the same seed gives the same bits', async () => {
    const sum = (b: Builder, column: Column): Value => b.op.Add(b.op.Mul(column(2), 30), b.op.Mul(column(6), -20));
    const [x] = examples(1) as [readonly number[]];
    const options = { background: background(300), features: 2, hidden: 40, epochs: 250 };
    const found = await ask(await model(x, sum), options);
    expect(likeliest(found, 2)).toEqual([2, 6]);
    expect(found.fidelity!.map(({ name, value }) => [name, value > 0.8])).toEqual([['R²', true], ['R²', true], ['told alone', expect.anything()]]); // prettier-ignore
    expect(found.fidelity!.at(-1)!.value).toBeCloseTo(found.target.score, -1.5);
    // Nothing that was learned is kept with another runtime.
    const anew = await asking({ ...runtime })(await model(x, sum), 'l2x', options);
    expect(anew.attributions).toEqual(found.attributions);
    expect(anew.fidelity).toEqual(found.fidelity);
  });

  test('says so where a few parts do not tell the answer, or there is nothing to tell', async () => {
    const many = (b: Builder, column: Column): Value =>
      b.op.Sigmoid(
        b.op.Mul(
          [...Array(WIDTH).keys()].map(column).reduce((left, right) => b.op.Mul(left, b.op.Sign(right))),
          5,
        ),
      );
    const found = await ask(await model(examples(1)[0]!, many), { background: background(300), features: 1, epochs: 20 });
    expect(cautions(found)).toEqual([expect.stringMatching(/^what the model says is told badly from the likeliest part alone \(accuracy 0\.\d+ on held-out examples/)]); // prettier-ignore
    const same = await ask(await model(examples(1)[0]!, (b, column) => b.op.Add(b.op.Mul(column(0), 0), 7)), { background: background(60), features: 1, epochs: 2 }); // prettier-ignore
    expect(same.warnings).toContainEqual(expect.stringContaining('is told badly'));
    const always = await ask(await model(examples(1)[0]!, (b, column) => b.node('Concat', [column(0), b.op.Add(b.op.Mul(column(1), 0), 99)], { axis: 1 })[0]!, 1), { background: background(60), features: 1, epochs: 2 }); // prettier-ignore
    expect(always.warnings).toContainEqual(expect.stringMatching(/^the model decides the same for all held-out examples/));
    expect(always.fidelity!.at(-1)!.on).toBe('this example, where the model says 1.00');
  });

  test('needs a background, fewer parts to choose than there are, and options in range', async () => {
    const c = await model(examples(1)[0]!, switched);
    await expect(ask(c)).rejects.toThrow(
      'l2x learns from many examples: give rows with --background TABLE, or arrays with --option background=FILE.npy',
    );
    await expect(ask(c, { background: background(19) })).rejects.toThrow('l2x learns from at least 20 examples');
    await expect(ask(c, { background: background(30), features: 8 })).rejects.toThrow(
      'l2x chooses fewer parts than there are, and there are 8: give features= below that',
    );
    await expect(ask(c, { background: background(30), temperature: 0 })).rejects.toThrow(
      'l2x: option temperature must be a number from 0.01 to 10, not 0',
    );
    await expect(ask(c, { background: background(30), teller: 'both' })).rejects.toThrow(
      'l2x: option teller must be one of joint, apart, not both',
    );
  });

  test('ends when it is cancelled, and learns anew when it is asked again', async () => {
    const c = await model(examples(1)[0]!, switched);
    const cancel = new AbortController();
    const options = { background: background(200), features: 1, epochs: 60 };
    const progress = (done: number, of: number): unknown => of === 120 && done === 20 && cancel.abort();
    await expect(ask(c, options, { signal: cancel.signal, progress })).rejects.toThrow('cancelled');
    expect((await ask(c, options)).fidelity).toHaveLength(5);
  });
});

describe('what a model says', () => {
  test('is taken for classes, answers or a number by its values', () => {
    const of = (...rows: readonly (readonly number[])[]) => decisionsIn(rows.map((row) => Float32Array.from(row)));
    expect(of([0.25, 0.75], [1, 0])).toMatchObject({ kind: 'classes', areShares: true });
    expect(of([0.25, 0.5], [1, 1])).toMatchObject({ kind: 'answers', width: 2 });
    expect(of([0.25], [1])).toMatchObject({ kind: 'answers', width: 1 });
    expect(of([3, -2], [1, 0])).toMatchObject({ kind: 'classes', areShares: false });
    const number = of([10], [14]);
    expect(number).toMatchObject({ kind: 'number', centre: 12, scale: 2 });
    expect(inTerms(number, [16])).toEqual([2]);
    expect(Array.from(inTerms(of([3, -2], [1, 0]), [0, 0]))).toEqual([0.5, 0.5]);
  });

  test('is judged by how many are right, how they are ranked and what knowing nothing gives', () => {
    const so = [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]]; // prettier-ignore
    const told = [[0.6, 0.4], [0.4, 0.6], [0.3, 0.7], [0.8, 0.2]]; // prettier-ignore
    expect(kinds.classes.judge(so, told)).toEqual([
      { name: 'accuracy', value: 0.75, base: 0.75 },
      { name: 'AUROC', value: expect.closeTo(2 / 3, 10), base: 0.5 },
    ]);
    expect(kinds.answers.judge([[0.9], [0.8]], [[0.7], [0.7]])).toEqual([{ name: 'R²', value: expect.closeTo(-9, 6), base: 0 }]);
    expect(kinds.number.judge([[1], [3]], [[1], [2]])).toEqual([{ name: 'R²', value: 0.5, base: 0 }]);
  });
});
