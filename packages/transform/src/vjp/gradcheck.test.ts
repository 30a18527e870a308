import { type OpType } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { decompositions } from '../canonize/index.js';
import type { Form } from '../testing/form.js';
import { forms } from '../testing/forms/index.js';
import { gradcheck } from '../testing/gradcheck.js';
import { seedOf } from '../testing/random.js';
import { nondifferentiable } from './nondifferentiable.js';
import { vjps } from './index.js';

/** Allowed distance from central differences: of the gradient, and of the gradient's gradient. */
const TOLERANCE = { float64: { first: 1e-7, second: 1e-6 }, float32: { first: 5e-3, second: 5e-3 } } as const;

const ruled = Object.keys({ ...vjps, ...decompositions }).filter((opType) => !Object.hasOwn(nondifferentiable, opType));

test('every operator with a rule or a decomposition has forms to check, and no other', () => {
  expect(Object.keys(forms).toSorted()).toEqual(ruled.toSorted());
});

describe.each(Object.entries(forms) as (readonly [OpType, readonly Form[]])[])('%s', (opType, list) => {
  const cases = list.map((form, i) => [`${i}: ${described(form)}`, i, form] as const);
  test.each(cases)('%s agrees with central differences', async (_, i, form) => {
    const { precision, first, second } = await gradcheck(opType, form, seedOf(opType + i));
    const allowed = TOLERANCE[precision];
    expect(first).toBeLessThan(form.tolerance ?? allowed.first);
    if (second !== undefined) expect(second).toBeLessThan(form.tolerance ?? allowed.second);
  });
});

function described({ operands, attrs }: Form): string {
  const shapes = operands.map((operand) => (operand === undefined ? '–' : `${operand.dtype ?? ''}[${operand.dims.join()}]`));
  return `${shapes.join(' ')} ${JSON.stringify(attrs)}`;
}
