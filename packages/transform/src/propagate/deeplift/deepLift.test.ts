import { tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { graphOf } from '../../testing/gradient.js';
import { random } from '../../testing/random.js';
import { vjps } from '../../vjp/index.js';
import { lifts } from './deepLift.js';
import { lift } from './testing.js';
import type { DeepLiftVariant } from './deepLift.js';

const float = (dims: readonly number[], ...values: readonly number[]): Tensor => tensorOf('float32', dims, values);
const close = (values: readonly number[]): readonly unknown[] => values.map((v) => expect.closeTo(v, 4) as unknown);

type Make = (b: Builder, x: readonly Value[]) => readonly Value[];

/** Contributions of each input, between x and x0. */
async function contributions(
  x: readonly Tensor[],
  x0: readonly Tensor[],
  make: Make,
  variant: DeepLiftVariant = 'rescale',
): Promise<readonly (readonly number[])[]> {
  const feeds = (list: readonly Tensor[]): ReadonlyMap<string, Tensor> => new Map(list.map((t, i) => [`x${i}`, t]));
  const { parts } = await lift(graphOf(x, make), feeds(x), feeds(x0), variant);
  return x.map((_, i) => parts.get(`x${i}`) ?? []);
}
const one = async (...args: Parameters<typeof contributions>): Promise<readonly number[]> => (await contributions(...args))[0]!;

test('every operator that has a rule is one that the gradient knows', () => {
  expect(Object.keys(lifts).filter((opType) => !Object.hasOwn(vjps, opType))).toEqual([]);
});

describe('small layers by hand', () => {
  // Shrikumar et al. 2017, figure 1: y = 1 − max(0, 1 − i₁ − i₂), saturated at i₁ = i₂ = 1.
  const saturated: Make = ({ op }, [i, k]) => [op.Sub(1, op.Relu(op.Sub(op.Sub(1, i!), k!)))];
  test('a saturated unit shares what it gave', async () => {
    const parts = await contributions([float([1], 1), float([1], 1)], [float([1], 0), float([1], 0)], saturated);
    expect(parts.flat()).toEqual(close([0.5, 0.5]));
  });

  // Figure 2: a bias of −10 behind which the gradient jumps.
  test('a threshold does not make contributions jump', async () => {
    const make: Make = ({ op }, [x]) => [op.Relu(op.Add(x!, -10))];
    expect(await one([float([1], 10.1)], [float([1], 0)], make)).toEqual(close([0.1]));
    expect(await one([float([1], 9.9)], [float([1], 0)], make)).toEqual(close([0]));
  });

  // Section 3.5.3: o = i₁ − max(0, i₁ − i₂) = min(i₁, i₂).
  const least: Make = ({ op }, [i, k]) => [op.Sub(i!, op.Relu(op.Sub(i!, k!)))];
  test('rescale gives the least of two all to one, reveal-cancel half to each', async () => {
    const [x, x0] = [
      [float([1], 3), float([1], 1)],
      [float([1], 0), float([1], 0)],
    ];
    expect((await contributions(x, x0, least, 'rescale')).flat()).toEqual(close([0, 1]));
    const w = float([2, 1], 1, -1);
    const dense: Make = ({ op, initializer }, [v]) => [
      op.Sub(op.MatMul(v!, initializer(float([2, 1], 1, 0))), op.Relu(op.MatMul(v!, initializer(w)))),
    ];
    expect(await one([float([1, 2], 3, 1)], [float([1, 2], 0, 0)], dense, 'reveal-cancel')).toEqual(close([0.5, 0.5]));
    expect(await one([float([1, 2], 3, 1)], [float([1, 2], 0, 0)], dense, 'rescale')).toEqual(close([0, 1]));
  });

  test('where nothing differs the multiplier is the derivative at x', async () => {
    const make: Make = ({ op, initializer }, [v]) => [op.Relu(op.MatMul(v!, initializer(float([2, 1], 1, 1))))];
    // z = 2 at both points: the parts cancel, and the slope there is 1.
    expect(await one([float([1, 2], 2, 0)], [float([1, 2], 0, 2)], make)).toEqual(close([2, -2]));
    const off: Make = ({ op, initializer }, [v]) => [op.Relu(op.MatMul(v!, initializer(float([2, 1], -1, -1))))];
    expect(await one([float([1, 2], 2, 0)], [float([1, 2], 0, 2)], off)).toEqual(close([0, 0]));
    const atZero: Make = ({ op, initializer }, [v]) => [op.Relu(op.MatMul(v!, initializer(float([2, 1], 1, -1))))];
    expect(await one([float([1, 2], 1, 1)], [float([1, 2], 0, 0)], atZero)).toEqual(close([0, 0]));
  });

  test('overlapping windows of a pool add up, the first of ties winning', async () => {
    const pool: Make = ({ op }, [x]) => [op.MaxPool(x!, { kernel_shape: [2] })];
    // y = 3 3 3, y₀ = 2 2 1: gains 1 1 2 go to places 1, 1 and 2.
    expect(await one([float([1, 1, 4], 1, 3, 3, 0)], [float([1, 1, 4], 2, 2, 0, 1)], pool)).toEqual(close([0, 2, 2, 0]));
    // y = 0 1, y₀ = 5 5: losses go to the winners at the baseline.
    expect(await one([float([1, 1, 3], 0, 0, 1)], [float([1, 1, 3], 1, 5, 2)], pool)).toEqual(close([0, -9, 0]));
  });

  test('a product is split evenly', async () => {
    const parts = await contributions([float([1], 3), float([1], 5)], [float([1], 1), float([1], 2)], ({ op }, [a, c]) => [op.Mul(a!, c!)]);
    expect(parts.flat()).toEqual(close([2 * 3.5, 3 * 2]));
  });

  test('a quotient by halves of what each changes, in the product that it undoes', async () => {
    const parts = await contributions([float([1], 6), float([1], 3)], [float([1], 4), float([1], 1)], ({ op }, [a, c]) => [op.Div(a!, c!)]);
    // b̄ = 2, ȳ = 3: (2 − 3 · 2)/2.
    expect(parts.flat()).toEqual(close([1, -3]));
    const turned = await contributions([float([1], 6), float([1], 2)], [float([1], 4), float([1], -1)], ({ op }, [a, c]) => [
      op.Div(a!, c!),
    ]);
    // r = ½ and −1: 2 · (−¼) and 5 · 3/2.
    expect(turned.flat()).toEqual(close([-0.5, 7.5]));
  });

  test('a condition that differs takes the difference of what it chooses', async () => {
    const make: Make = ({ op }, [a, c]) => [op.Where(op.Greater(a!, 1), op.Mul(c!, 2), c!)];
    const parts = await contributions([float([1], 2), float([1], 4)], [float([1], 0), float([1], 3)], make);
    // y = 8, y₀ = 3. Branches count half each: c gets ½ (2 + 1) · 1, the condition ½ (4 + 3).
    expect(parts.flat()).toEqual(close([3.5, 1.5]));
  });

  test('rounding passes Δy/Δx', async () => {
    expect(await one([float([2], 2.6, 0.2)], [float([2], 0.4, 0)], ({ op }, [x]) => [op.Round(x!)])).toEqual(close([3, 0]));
  });

  test('the k greatest add up, whatever their order at the baseline', async () => {
    const make: Make = (b, [x]) => [b.op.Mul(b.op.TopK(x!, b.ints([2]))[0], b.initializer(float([2], 1, 10)))];
    const parts = await one([float([4], 1, 5, 5, 2)], [float([4], 7, 0, 5, 3)], make);
    expect(parts.reduce((a, c) => a + c, 0)).toBeCloseTo(5 + 50 - (7 + 50), 4);
  });
});

describe('a second implementation', () => {
  const next = random(11);
  const list = (n: number): readonly number[] => Array.from({ length: n }, () => 2 * next() - 1);
  const [w, v] = [Array.from({ length: 6 }, () => list(8)), Array.from({ length: 4 }, () => list(6))];
  const [bias, last] = [list(6), list(4)];
  const [x, x0] = [list(8), list(8)];
  const dot = (a: readonly number[], c: readonly number[]): number => a.reduce((s, p, i) => s + p * c[i]!, 0);
  const relu = (z: number): number => Math.max(z, 0);
  const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
  const network: Make = ({ op, initializer }, [input]) => {
    const matrix = (rows: readonly (readonly number[])[]): Value => initializer(float([rows.length, rows[0]!.length], ...rows.flat()));
    const h = op.Relu(op.Gemm(input!, matrix(w), initializer(float([6], ...bias)), { transB: 1 }));
    return [op.Gemm(op.Sigmoid(op.Gemm(h, matrix(v), undefined, { transB: 1 })), matrix([last]), undefined, { transB: 1 })];
  };
  const forward = (input: readonly number[]) => {
    const z = w.map((row, i) => dot(row, input) + bias[i]!);
    const h = z.map(relu);
    return { z, h, u: v.map((row) => dot(row, h)) };
  };
  const [p, q] = [forward(x), forward(x0)];
  const back = (rows: readonly (readonly number[])[], m: readonly number[]): readonly number[] =>
    rows[0]!.map((_, k) => rows.reduce((s, row, i) => s + row[k]! * m[i]!, 0));

  test('of rescale agrees on a dense network', async () => {
    const ratio = (f: (z: number) => number, a: number, c: number): number => (f(a) - f(c)) / (a - c);
    const mu = last.map((m, i) => m * ratio(sigmoid, p.u[i]!, q.u[i]!));
    const mz = back(v, mu).map((m, i) => m * ratio(relu, p.z[i]!, q.z[i]!));
    const expected = back(w, mz).map((m, k) => m * (x[k]! - x0[k]!));
    expect(await one([float([1, 8], ...x)], [float([1, 8], ...x0)], network)).toEqual(close(expected));
  });

  test('of reveal-cancel agrees on a dense network', async () => {
    /** Δ of each unit in two parts, from Δ of its inputs. */
    const split = (rows: readonly (readonly number[])[], d: readonly number[]): readonly (readonly [number, number])[] =>
      rows.map((row) => [row.reduce((s, c, k) => s + relu(c * d[k]!), 0), -row.reduce((s, c, k) => s + relu(-c * d[k]!), 0)] as const);
    /** Multipliers of both parts through f; its slope at x for a part that is not there. Section 3.5.3. */
    const reveal = (
      f: (z: number) => number,
      slope: number,
      z0: number,
      [up, down]: readonly [number, number],
    ): readonly [number, number] => {
      const raised = 0.5 * (f(z0 + up) - f(z0) + f(z0 + up + down) - f(z0 + down));
      const lowered = 0.5 * (f(z0 + down) - f(z0) + f(z0 + up + down) - f(z0 + up));
      return [up === 0 ? slope : raised / up, down === 0 ? slope : lowered / down];
    };
    /** Each weight takes the multiplier of the part that its w Δ belongs to; half of each where Δ is 0. Section 3.5.1. */
    const through = (
      rows: readonly (readonly number[])[],
      d: readonly number[],
      m: readonly (readonly [number, number])[],
    ): readonly number[] =>
      d.map((change, k) =>
        rows.reduce((s, row, i) => {
          const [up, down] = m[i]!;
          return s + row[k]! * (row[k]! * change > 0 ? up : change === 0 ? (up + down) / 2 : down);
        }, 0),
      );
    const dx = x.map((c, k) => c - x0[k]!);
    const dh = p.h.map((c, i) => c - q.h[i]!);
    const mu = split(v, dh).map(
      (parts, i) =>
        reveal(sigmoid, sigmoid(p.u[i]!) * (1 - sigmoid(p.u[i]!)), q.u[i]!, parts).map((m) => m * last[i]!) as unknown as readonly [
          number,
          number,
        ],
    );
    const mh = through(v, dh, mu);
    const mz = split(w, dx).map(
      (parts, i) => reveal(relu, p.z[i]! > 0 ? 1 : 0, q.z[i]!, parts).map((m) => m * mh[i]!) as unknown as readonly [number, number],
    );
    const expected = through(w, dx, mz).map((m, k) => m * dx[k]!);
    const found = await one([float([1, 8], ...x)], [float([1, 8], ...x0)], network, 'reveal-cancel');
    expect(found).toEqual(close(expected));
    expect(found).not.toEqual(close(await one([float([1, 8], ...x)], [float([1, 8], ...x0)], network)));
  });
});

describe('refusals', () => {
  const refused = (make: Make): Promise<unknown> => contributions([float([4], 1, 3, 2, 0)], [float([4], 0, 0, 0, 0)], make);
  test('name operator and node where the two points pick differently', async () => {
    await expect(refused((b, [x]) => [b.op.Gather(x!, b.op.ArgMax(x!, { axis: 0 }))])).rejects.toThrow(
      /^Gather \(at Gather\): picks by input 1, which depends on what is explained/,
    );
  });
  test('name what counts with positions', async () => {
    await expect(refused((b, [x]) => [b.op.Mul(x!, b.op.Cast(b.op.ArgMax(x!, { axis: 0 }), { to: 1 }))])).rejects.toThrow(
      /^Cast \(at Cast\): counts with what ArgMax \(at ArgMax\) finds/,
    );
  });
  test('name operators without a rule', async () => {
    await expect(refused((b, [x]) => [b.op.Unique(x!)])).rejects.toThrow(/^Unique \(at Unique\): has no DeepLIFT rule/);
  });
});
