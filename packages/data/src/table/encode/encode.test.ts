import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { testdata } from '../../testing/golden.js';
import { sampleOf } from '../sample.js';
import type { Feature, Schema, Value } from '../schema.js';
import { tableOf, type RowGiven } from '../table.js';
import { encoderOf } from './encoder.js';
import { schemaFor } from './features.js';
import { fitPipeline } from './fit.js';
import { readPipeline, type Pipeline } from './pipeline.js';
import { normalBelow, probit } from './probit.js';

interface Case {
  readonly step: { readonly step: string };
  readonly column: string;
  readonly encoded: readonly (readonly number[])[];
  readonly decoded?: readonly (number | string)[];
}
const golden = JSON.parse(readFileSync(testdata('table/encode.json'), 'utf8')) as {
  readonly columns: { readonly [name: string]: readonly (number | string | null)[] };
  readonly cases: readonly Case[];
};

const rows = golden.columns['x']!.map((_, i): RowGiven =>
  Object.fromEntries(Object.entries(golden.columns).map(([name, cells]) => [name, cells[i]!])),
);
const schema: Schema = {
  features: [
    { name: 'x', kind: 'number' },
    { name: 'gaps', kind: 'number', missing: true },
    { name: 'words', kind: 'category' },
    { name: 'sexes', kind: 'category' },
  ],
};
const fitted = async (pipeline: Pipeline, of: Schema = schema): Promise<Pipeline> => {
  const table = tableOf(rows);
  return fitPipeline(pipeline, of, table, await sampleOf(table, 1000, 0));
};

describe('steps fitted, encoded and decoded as scikit-learn does', () => {
  test.each(golden.cases.map((one) => [`${JSON.stringify(one.step)} of ${one.column}`, one] as const))(
    '%s',
    async (_, { step, column, encoded, decoded }) => {
      const pipeline = await fitted(readPipeline({ blocks: [{ columns: [column], steps: [step] }] }, 'p.json'));
      const encoder = encoderOf(pipeline, schema, 'input', 'p.json');
      golden.columns[column]!.forEach((cell, i) => {
        const made = encoder.encode(new Map<string, Value>([[column, cell]]));
        const values = 'inputs' in made ? (made.inputs.get('input')!.values as readonly number[]) : [];
        expect(values).toHaveLength(encoded[i]!.length);
        values.forEach((value, k) => expect(value).toBeCloseTo(encoded[i]![k]!, 9));
        if (decoded === undefined) return;
        const back = encoder.decode(new Map([['input', encoded[i]!]])).get(column);
        if (typeof decoded[i] === 'number') expect(back).toBeCloseTo(decoded[i], 6);
        else expect(back).toBe(decoded[i]);
      });
    },
  );
});

test('blocks stand one behind the other, and each number knows its column', async () => {
  const pipeline = await fitted({
    blocks: [
      { columns: ['x', 'gaps'], steps: [{ step: 'impute', strategy: 'median' }, { step: 'minMax' }] },
      { columns: ['words', 'sexes'], steps: [{ step: 'oneHot' }] },
      { columns: ['sexes'], steps: [{ step: 'ordinal' }], input: 'other' },
    ],
  });
  const encoder = encoderOf(pipeline, schema, 'input', 'p.json');
  expect(encoder.columns).toEqual(['x', 'gaps', 'words', 'sexes']);
  expect(encoder.origins.get('input')).toEqual([
    { column: 'x' },
    { column: 'gaps' },
    ...['Bachelors', 'Doctorate', 'HS-grad', 'Masters'].map((part) => ({ column: 'words', part })),
    ...['Female', 'Male'].map((part) => ({ column: 'sexes', part })),
  ]);
  expect(encoder.origins.get('other')).toEqual([{ column: 'sexes' }]);
  const row = new Map<string, Value>([
    ['x', 17],
    ['gaps', null],
    ['words', 'Masters'],
    ['sexes', 'Male'],
  ]);
  const made = encoder.encode(row);
  if (!('inputs' in made)) throw new Error(made.faults.join());
  expect(made.inputs.get('input')!.values.slice(2)).toEqual([0, 0, 0, 1, 0, 1]);
  expect(made.inputs.get('other')!.values).toEqual([1]);
  const back = encoder.decode(new Map([...made.inputs].map(([name, { values }]) => [name, values])));
  expect(back.get('x')).toBeCloseTo(17, 9);
  expect([back.get('words'), back.get('sexes')]).toEqual(['Masters', 'Male']);
});

test('dates become days since 1970 and come back', () => {
  const dates: Schema = { features: [{ name: 'when', kind: 'date' }] };
  const encoder = encoderOf({ blocks: [{ columns: ['when'], steps: [{ step: 'minMax', min: [0], max: [365] }] }] }, dates, 'x', 'p.json');
  const made = encoder.encode(new Map([['when', '1970-12-31']]));
  expect('inputs' in made && made.inputs.get('x')!.values[0]).toBeCloseTo(364 / 365, 12);
  expect(encoder.decode(new Map([['x', [364 / 365]]])).get('when')).toBe('1970-12-31');
});

test.each<readonly [Value, object, string]>([
  [null, { step: 'minMax', min: [0], max: [1] }, 'a is empty, and nothing says what stands in: add an impute step'],
  [null, { step: 'oneHot', categories: [['x']] }, 'a is empty, and nothing says what stands in: add an impute step'],
  ['z', { step: 'oneHot', categories: [['x', 'y']] }, 'a is "z", a category never seen: there are x, y'],
  ['z', { step: 'ordinal', categories: [['x', 'y']] }, 'a is "z", a category never seen: there are x, y'],
])('%j through %j is refused', (value, step, fault) => {
  const pipeline = readPipeline({ blocks: [{ columns: ['a'], steps: [step] }] }, 'p.json');
  const encoder = encoderOf(pipeline, schemaFor(pipeline, { features: [] }), 'x', 'p.json');
  expect(encoder.encode(new Map([['a', value]]))).toEqual({ faults: [fault] });
});

test('what is unknown may be ignored where that is said', () => {
  const pipeline = readPipeline({ blocks: [{ columns: ['a'], steps: [{ step: 'oneHot', categories: [['x', 'y']], unknown: 'ignore' }] }, { columns: ['a'], steps: [{ step: 'ordinal', categories: [['x', 'y']], unknown: -1 }] }] }, 'p.json'); // prettier-ignore
  const encoder = encoderOf(pipeline, schemaFor(pipeline, { features: [] }), 'x', 'p.json');
  for (const value of ['z', null]) {
    const made = encoder.encode(new Map([['a', value]]));
    expect('inputs' in made && made.inputs.get('x')!.values).toEqual([0, 0, -1]);
  }
});

const text: Feature = { name: 'a', kind: 'category', categories: ['x'] };
test.each<readonly [object, string]>([
  [{}, 'p.json: "blocks" must be a list of columns and their steps'],
  [{ blocks: [{ columns: [], steps: [] }] }, 'p.json: block 0 has no "columns": list their names'],
  [{ blocks: [{ columns: ['a'] }] }, 'p.json: block 0 has no "steps": list what is done to a, or []'],
  [
    { blocks: [{ columns: ['a'], steps: [{ step: 'onehot' }] }] },
    'p.json: step 0 of block 0 is "onehot": "step" is one of impute, standard,',
  ],
  [
    { blocks: [{ columns: ['a'], steps: [{ step: 'standard', mean: [1, 2] }] }] },
    'p.json: mean of step 0 of block 0, standard, has 2 entries, and the block has 1 column',
  ],
  [
    { blocks: [{ columns: ['a'], steps: [{ step: 'standard', means: [1] }] }] },
    'p.json: step 0 of block 0, standard, has means, which means nothing: did you mean mean?',
  ],
  [
    { blocks: [{ columns: ['a'], steps: [{ step: 'bins', edges: [[1, 1]] }] }] },
    'p.json: edges of step 0 of block 0, bins, must be a list of lists of numbers that rise, one for each column',
  ],
  [
    { blocks: [{ columns: ['a'], steps: [{ step: 'standard' }] }] },
    'p.json: standard of block 0 has no "mean": give it, or have it computed from a table by vitrine fit',
  ],
  [
    { blocks: [{ columns: ['a'], steps: [{ step: 'standard', mean: [1], std: [1] }] }] },
    'p.json: block 0, column a: it is a category, and standard reads numbers: put ordinal or oneHot before it',
  ],
  [
    {
      blocks: [
        {
          columns: ['a'],
          steps: [
            { step: 'oneHot', categories: [['x']] },
            { step: 'standard', mean: [1], std: [1] },
          ],
        },
      ],
    },
    'p.json: block 0, column a: oneHot makes several numbers of it: it must be the last step',
  ],
])('%j is refused', (value, message) => {
  expect(() => encoderOf(readPipeline(value, 'p.json'), { features: [text] }, 'x', 'p.json')).toThrow(message);
});

test('a column that cannot be fitted is named', async () => {
  const table = tableOf(
    [
      { a: 'x', b: null },
      { a: 'y', b: null },
    ],
    't.csv',
  );
  const sample = await sampleOf(table, 10, 0);
  const of =
    (name: string, kind: Feature['kind']): (() => Pipeline) =>
    () =>
      fitPipeline({ blocks: [{ columns: [name], steps: [{ step: 'standard' }] }] }, { features: [{ name, kind }] }, table, sample);
  expect(of('a', 'number')).toThrow('t.csv, row 0: a is "x", which is no number');
  expect(of('b', 'number')).toThrow('t.csv: b is empty in every row, so nothing can be computed from it');
  expect(of('c', 'number')).toThrow('t.csv has no column c');
});

test.each([
  [0.5, 0],
  [0.975, 1.959963984540054],
  [1e-12, -7.034483825301131],
  [0.2, -0.8416212335729143],
])('probit of %d', (p, x) => {
  expect(probit(p)).toBeCloseTo(x, 12);
  expect(normalBelow(x)).toBeCloseTo(p, 12);
});
