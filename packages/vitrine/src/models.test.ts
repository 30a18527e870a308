import type { Target } from '@vitrine/explain';
import { isFloat, sizeOf, type Tensor } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { examine, type Exam } from './exam.js';
import { allModels, bundledModels, floats, largestOutput, opened } from './testing/models.js';

/** What the score gains along a short way, told by the gradient: its mean over the points of a Gauss–Legendre rule times the way. */
async function alongTheWay(
  exam: Exam,
  at: string,
  x: Tensor,
  way: Tensor,
  target: Target,
): Promise<{ readonly told: number; readonly gained: number; readonly moved: number }> {
  const to: Tensor = { ...x, data: Float32Array.from(x.data as Float32Array, (v, i) => v + (way.data as Float32Array)[i]!) };
  const question = {
    method: 'integrated-gradients',
    at,
    target,
    options: { steps: 40, baseline: new Map([[at, x]]) },
  } as const;
  const { explanation } = await shifted(exam, at, to).then((other) => other.explain(question));
  const parts = explanation.attributions[0]!.tensor.data as Float32Array;
  return {
    told: parts.reduce((s, v) => s + v, 0),
    gained: explanation.completeness!.expected,
    moved: parts.reduce((s, v) => s + Math.abs(v), 0),
  };
}

const shifted = (exam: Exam, at: string, to: Tensor): Promise<Exam> =>
  examine(exam.model, Object.fromEntries([...exam.inputs].map(([name, { tensor }]) => [name, name === at ? to : tensor])));

describe.each(allModels)('%s', (_, file) => {
  test('is read, inspected and has a gradient that tells what the score gains along random ways', async () => {
    const { model, exam, draw } = await opened(file);
    try {
      const [output, y] = largestOutput(exam);
      const target = { kind: 'weights', output, weights: floats(y.dims, draw) } as const;
      const gradient = await exam.explain({ method: 'gradient', target });
      const [attribution] = gradient.explanation.attributions;
      expect((attribution!.tensor.data as Float32Array).some((v) => v !== 0)).toBe(true);
      if (!exam.inputs.has(attribution!.at) || !isFloat(attribution!.tensor.dtype)) return;
      const x = exam.inputs.get(attribution!.at)!.tensor;
      const size = Math.sqrt((x.data as Float32Array).reduce((s, v) => s + v * v, 0) / sizeOf(x.dims)) || 1;
      for (let k = 0; k < 2; k++) {
        const { told, gained, moved } = await alongTheWay(exam, attribution!.at, x, floats(x.dims, draw, 0.005 * size), target);
        // Single precision keeps the score to about a millionth of what moves it.
        expect(Math.abs(told - gained)).toBeLessThan(
          Math.max(0.02 * Math.abs(gained), 1e-3 * moved, 1e-6 * Math.abs(gradient.explanation.target.score)),
        );
      }
    } finally {
      await model.close();
    }
  });
});

test('there are bundled models', () => {
  expect(bundledModels.length).toBeGreaterThanOrEqual(12);
});
