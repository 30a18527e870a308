import { type OpType } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import type { Form } from '../../testing/form.js';
import { forms } from '../../testing/forms/index.js';
import { build, written } from '../../testing/gradcheck.js';
import { seedOf } from '../../testing/random.js';
import { lift, missed, type Lifted } from './testing.js';

const quantized = /has no DeepLIFT rule/;
const picking = /picks by input 1, which depends on what is explained/;

/** Operators some of whose forms DeepLIFT refuses, and how. */
const refused: { readonly [opType: string]: RegExp } = {
  'ai.onnx.ml.Imputer': /chooses by IsNaN/,
  ConvInteger: quantized,
  DeformConv: picking,
  DynamicQuantizeLinear: quantized,
  Einsum: /multiplies 3 values/,
  GridSample: picking,
  MatMulInteger: quantized,
  ReduceLogSumExp: /axes that only running tells/,
  ReduceProd: /axes that only running tells/,
  RoiAlign: picking,
  ScatterElements: /with reduction (mul|max|min) has no DeepLIFT rule/,
  ScatterND: /with reduction (mul|max|min) has no DeepLIFT rule/,
  Unique: /has no DeepLIFT rule/,
  'com.microsoft.DynamicQuantizeMatMul': /picks by input 1/,
  'com.microsoft.GridSample': picking,
};

const cases = (Object.entries(forms) as (readonly [OpType, readonly Form[]])[]).flatMap(([opType, list]) =>
  list.map((form, i) => [`${opType} ${i}`, opType, form, i] as const),
);

describe.each(['rescale', 'reveal-cancel'] as const)('%s', (variant) => {
  test.each(cases)('%s is complete', async (_, opType, form, i) => {
    const [here, there] = [build(opType, form, 'float32', seedOf(opType + i)), build(opType, form, 'float32', seedOf(opType + i) + 1)];
    const graph = form.unrun ? written(here) : here.graph;
    const baselines = new Map(here.variables.map((name) => [name, there.feeds.get(name)!]));
    const of = lift(graph, here.feeds, baselines, variant, true);
    const reason = refused[opType] ?? (opType.includes('QLinear') || opType.endsWith('QGemm') ? quantized : undefined);
    const found = await of.catch((error: unknown) => error);
    if (found instanceof Error) expect(found.message).toMatch(reason ?? /^$/);
    else expect(missed(found as Lifted)).toBeLessThan(1e-3);
  });
});
