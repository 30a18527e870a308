import type { Tensor } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { AuditError } from './error.js';
import { isIntact, record, tensorDigest, type ExplanationRecord, type RecordParts } from './provenance.js';
import { explanation, floats, parts } from './testing/parts.js';

const written = await record(parts);
/** As an auditor gets it: through a file. */
const read = (): Record<string, unknown> => JSON.parse(JSON.stringify(written)) as Record<string, unknown>;
const intact = (value: unknown): Promise<boolean> => isIntact(value as ExplanationRecord);

/** Governance reference, section 1.6: the common header, then what an explanation adds. Lock file, ledger and quality scores are yet to come. */
const ASKED = {
  header: [
    'id',
    'schemaVersion',
    'createdAt',
    'actor',
    'toolVersion',
    'modelDigest',
    'dataDigest',
    'configDigest',
    'seed',
    'environment',
    'parents',
  ],
  explanation: [
    'method',
    'methodParams',
    'target',
    'predicted',
    'probability',
    'attributions',
    'completenessResidual',
    'recomputeTolerance',
  ],
};

describe('a record', () => {
  test.each(Object.entries(ASKED))('has every field of the %s that governance asks for', (_, fields) => {
    for (const field of fields) expect(read(), field).toHaveProperty(field);
  });

  test('says what was asked, of what, and what came out', () => {
    expect(written).toMatchObject({
      schemaVersion: 'vitrine.explanation.v1',
      createdAt: '2026-01-02T03:04:05.000Z',
      actor: 'ada@machine',
      toolVersion: '0.1.0',
      modelDigest: 'model-digest',
      modelName: 'model.onnx',
      graphDigest: 'graph-digest',
      seed: 7,
      environment: { platform: 'linux-x64', 'onnxruntime-node': '1.2.3', device: 'cpu', threads: 2, batch: 4 },
      parents: [],
      method: 'integrated-gradients',
      targetLabel: 'tench',
      predicted: { index: [3], score: 2.5, label: 'tench' },
      probability: 0.75,
      score: 2.5,
      completenessResidual: { expected: 2, gap: 0.001 },
      evaluations: 33,
      warnings: ['The path crosses a kink.'],
    });
    for (const digest of ['id', 'dataDigest', 'configDigest'] as const) expect(written[digest]).toMatch(/^[0-9a-f]{64}$/);
  });

  test('holds tensors as digests: attributions, a baseline, the weights of a target', async () => {
    expect(written.attributions).toEqual([
      { at: 'x', shape: [1, 2], dtype: 'float32', digest: await tensorDigest(floats(0.5, -0.25)), sum: 0.25, file: 'x.npy' },
    ]);
    expect(written.methodParams).toEqual({ steps: 32, baseline: { tensor: await tensorDigest(floats(0, 0)), shape: [1, 2] } });
    const weights = { kind: 'weights', weights: { tensor: await tensorDigest(floats(1, 2)), shape: [1, 2] } };
    expect(written.target).toEqual(weights);
    const inner = explanation.target.resolved;
    const sum = await record({
      ...parts,
      explanation: { ...explanation, target: { resolved: { kind: 'sum', of: [{ kind: 'index', index: [0, 3] }, inner] }, score: 1 } },
    });
    expect(sum.target).toEqual({ kind: 'sum', of: [{ kind: 'index', index: [0, 3] }, weights] });
    expect(await intact(JSON.parse(JSON.stringify(sum)))).toBe(true);
  });

  test('names the parts that were taken away, and their elements unless they lie in very many stretches', async () => {
    const partsOf = async (stretches: number) => {
      const runs = new Map([['x', Array.from({ length: stretches }, (_, i) => [2 * i, 2 * i + 1] as const)]]);
      return (await record({ ...parts, explanation: { ...explanation, parts: { of: 'label', values: [{ name: 'a', value: 1, standardError: 0.5, runs }] } } })).parts!; // prettier-ignore
    };
    const [few, many] = [await partsOf(2), await partsOf(1001)];
    expect(few).toMatchObject({ of: 'label', count: 1, largestStandardError: 0.5 });
    expect(few.list).toEqual([{ name: 'a', value: 1, standardError: 0.5, elements: { x: [[0, 1], [2, 3]] } }]); // prettier-ignore
    expect(many.list).toEqual([{ name: 'a', value: 1, standardError: 0.5 }]);
    expect(many.digest).not.toBe(few.digest);
  });

  test('leaves out what there is not, and calls nobody by name unless told', async () => {
    const { completeness: _, ...promisesNothing } = explanation;
    const { predicted: __, probability: ___, actor: ____, files: _____, environment: ______, spans: _______, ...rest } = parts;
    const bare = await record({ ...rest, explanation: { ...promisesNothing, target: { resolved: { kind: 'top' }, score: 1 } } });
    for (const field of ['targetLabel', 'probability', 'spans', 'completenessResidual']) expect(bare).not.toHaveProperty(field);
    expect(bare.attributions[0]).not.toHaveProperty('file');
    expect(bare.actor).toBe('unknown');
    expect(await intact(JSON.parse(JSON.stringify(bare)))).toBe(true);
  });

  test('is the same for the same explanation, in whatever order the inputs come', async () => {
    expect(await record(parts)).toEqual(written);
    expect(await record({ ...parts, inputs: new Map([...parts.inputs].toReversed()) })).toEqual(written);
  });
});

/** What a change of the parts must change, beside the id. */
const CHANGES: readonly (readonly [string, keyof ExplanationRecord, Partial<RecordParts>])[] = [
  ['an input', 'dataDigest', { inputs: new Map(parts.inputs).set('x', floats(1, 2.5)) }],
  ["an input's name", 'dataDigest', { inputs: new Map([...parts.inputs].map(([name, tensor]) => [`${name}2`, tensor])) }],
  ['the seed', 'configDigest', { explanation: { ...explanation, seed: 8 } }],
  ['an option', 'configDigest', { explanation: { ...explanation, options: { ...explanation.options, steps: 33 } } }],
  ['a baseline', 'configDigest', { explanation: { ...explanation, options: { ...explanation.options, baseline: floats(0, 1) } } }],
  ['the method', 'configDigest', { explanation: { ...explanation, method: 'gradient' } }],
  ['the target', 'configDigest', { explanation: { ...explanation, target: { ...explanation.target, resolved: { kind: 'top' } } } }],
  ['an attribution', 'attributions', { explanation: { ...explanation, attributions: [{ at: 'x', tensor: floats(0.25, 0) }] } }],
];

test.each(CHANGES)('%s is told apart by %s', async (_, field, change) => {
  const other = await record({ ...parts, ...change });
  expect(other[field]).not.toEqual(written[field]);
  expect(other.id).not.toBe(written.id);
});

/** Every place in a JSON value that is no list and no object, as a path. */
const leaves = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
    : [path];

type Holder = { [key: string]: unknown };
const holderOf = (root: unknown, path: readonly string[]): Holder =>
  path.slice(0, -1).reduce((at, key) => at[key] as Holder, root as Holder);

describe('a record is intact', () => {
  test('as written, through a file, and with its fields in another order', async () => {
    expect(await isIntact(written)).toBe(true);
    expect(await intact(read())).toBe(true);
    expect(await intact(Object.fromEntries(Object.entries(read()).toReversed()))).toBe(true);
  });

  test.each(leaves(read()).map((path) => [path.join('.'), path] as const))('no longer when %s is changed', async (_, path) => {
    const forged = read();
    const holder = holderOf(forged, path);
    const value = holder[path.at(-1)!];
    holder[path.at(-1)!] = typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value} ` : 'other';
    expect(await intact(forged)).toBe(false);
  });

  test.each(Object.keys(read()))('no longer without its %s', async (field) => {
    const { [field]: _, ...forged } = read();
    expect(await intact(forged)).toBe(false);
  });

  test('no longer with something added, at the top or inside', async () => {
    expect(await intact({ ...read(), approvedBy: 'nobody' })).toBe(false);
    expect(await intact({ ...read(), environment: { ...written.environment, gpu: 'none' } })).toBe(false);
    expect(await intact({ ...read(), warnings: [...written.warnings, ''] })).toBe(false);
  });

  test('never when it holds what JSON cannot', async () => {
    expect(await intact({ ...read(), score: NaN })).toBe(false);
    expect(await intact({ ...read(), targetLabel: '\ud800' })).toBe(false);
  });
});

describe('what cannot be recorded is refused in one sentence that says where', () => {
  test.each<[string, RecordParts]>([
    ['attributions.0.sum is NaN', { ...parts, explanation: { ...explanation, attributions: [{ at: 'x', tensor: floats(NaN, 1) }] } }],
    ['score is -Infinity', { ...parts, explanation: { ...explanation, target: { ...explanation.target, score: -Infinity } } }],
    ['methodParams.steps is NaN', { ...parts, explanation: { ...explanation, options: { steps: NaN } } }],
    ['predicted.label holds half a character', { ...parts, predicted: { index: [0], score: 1, label: '\udc00' } }],
    ['a name in environment holds half a character', { ...parts, environment: { '\ud83d': 1 } }],
  ])('%s', async (what, given) =>
    expect(record(given)).rejects.toThrow(
      new AuditError('bad-record', `integrated-gradients of model.onnx cannot be recorded, because ${what}: check the model and its input`),
    ),
  );
});

describe('the sum of an attribution is that of its numbers', () => {
  test.each<Tensor>([
    { dtype: 'float32', dims: [2], data: Float32Array.of(1, 2) },
    { dtype: 'float64', dims: [2], data: Float64Array.of(1, 2) },
    { dtype: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0x4000) },
    { dtype: 'int64', dims: [2], data: BigInt64Array.of(1n, 2n) },
  ])('$dtype', async (tensor) => {
    const { attributions } = await record({ ...parts, explanation: { ...explanation, attributions: [{ at: 'x', tensor }] } });
    expect(attributions[0]!.sum).toBe(3);
  });
});

describe("a tensor's digest", () => {
  const x = floats(1, 2);

  test('tells apart dtype, shape and every byte', async () => {
    const others: readonly Tensor[] = [
      floats(1, 3),
      { ...x, dims: [2, 1] },
      { dtype: 'int32', dims: x.dims, data: new Int32Array(x.data.buffer.slice(0)) },
      floats(1, 2, 0),
      floats(0, 0),
      floats(0, -0),
    ];
    const digests = await Promise.all([x, ...others].map(tensorDigest));
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('does not depend on where in memory the numbers lie', async () => {
    const view = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    expect(await tensorDigest({ ...x, data: view })).toBe(await tensorDigest(x));
  });

  test('tells apart where strings end', async () => {
    const [a, b] = [
      ['ab', 'c'],
      ['a', 'bc'],
    ].map((data): Tensor => ({ dtype: 'string', dims: [2], data }));
    expect(await tensorDigest(a!)).not.toBe(await tensorDigest(b!));
  });
});
