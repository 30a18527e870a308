import { expect, test } from 'vitest';
import { choice, flag, int, number, optionsFor } from './field.js';

const fields = {
  steps: int(32, 'points', { min: 1 }),
  sigma: number(0.5, 'noise', { min: 0, max: 1 }),
  kind: choice(['a', 'b'], 'a', 'which'),
  signed: flag(false, 'sign'),
};

test('defaults are filled in and texts are read', () => {
  expect(optionsFor('m', fields, {})).toEqual({ steps: 32, sigma: 0.5, kind: 'a', signed: false });
  expect(optionsFor('m', fields, { steps: '8', sigma: '1', kind: 'b', signed: 'true' })).toEqual({
    steps: 8,
    sigma: 1,
    kind: 'b',
    signed: true,
  });
});

test.each([
  [{ steps: '1.5' }, 'm: option steps must be a whole number of at least 1, not 1.5'],
  [{ steps: 0 }, 'm: option steps must be a whole number of at least 1, not 0'],
  [{ steps: '' }, 'm: option steps must be a whole number of at least 1, not '],
  [{ sigma: 2 }, 'm: option sigma must be a number from 0 to 1, not 2'],
  [{ sigma: NaN }, 'm: option sigma must be a number from 0 to 1, not NaN'],
  [{ kind: 'c' }, 'm: option kind must be one of a, b, not c'],
  [{ signed: 'maybe' }, 'm: option signed must be true or false, not maybe'],
  [{ speed: 1 }, 'm has no option speed: it takes steps, sigma, kind, signed'],
])('%j is refused', (given, message) => {
  expect(() => optionsFor('m', fields, given)).toThrow(message);
});
