import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { builder } from '../builder.js';
import { isFresh } from '../dim.js';
import { subgraphs, type Graph, type Value, type Weight } from '../graph.js';
import { attr, info, modelFile, node } from '../testing/models.js';
import { bytesOf, dtypes, tensorOf, type DType, type Tensor } from '../tensor.js';
import { joinedBytes } from './encode.js';
import { modelFields, type GraphProto, type ModelProto } from './proto.js';
import { readModel } from './read.js';
import { memory, spanOf } from './source.js';
import { decode } from './wire.js';
import { writeModel } from './write.js';

const bytesFor = (graph: Graph): Buffer => Buffer.from(joinedBytes(writeModel(graph)));
const again = (graph: Graph): Graph => readModel(memory(bytesFor(graph))).graph;
const opsetOf = (graph: Graph): number => Number((decode(modelFields, spanOf(bytesFor(graph))) as ModelProto).opset_import![0]!.version);

const typeText = ({ type: t }: Value): string =>
  t.dtype === 'opaque' ? 'opaque' : `${t.dtype}[${t.shape === undefined ? '?' : t.shape.map((d) => (isFresh(d) ? '?' : d)).join()}]`;
const value = (v: Value | undefined): string => (v === undefined ? '' : `${v.name}: ${typeText(v)}`);
const content = (c: Tensor | Weight): unknown => {
  if (!('at' in c)) return c.dtype === 'string' ? c.data : [c.dtype, c.dims, Buffer.from(bytesOf(c)).toString('hex')];
  return [c.type.dtype, c.type.shape, 'bytes' in c.at ? Buffer.from(c.at.bytes).toString('hex') : c.at];
};

/** A graph in plain terms: what must survive a file. */
function described(graph: Graph): unknown {
  return {
    inputs: graph.inputs.map(value),
    outputs: graph.outputs.map(value),
    initializers: [...graph.initializers].map(([v, c]) => [v.name, content(c)]),
    nodes: graph.nodes.map((n) => ({
      opType: n.opType,
      name: n.name,
      inputs: n.inputs.map(value),
      outputs: n.outputs.map(value),
      attrs: Object.entries(n.attrs)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, a]) => [name, typeof a === 'object' && 'nodes' in a ? described(a) : a]),
    })),
  };
}

/** Steps that make a graph: an operator, and which of the values so far it reads. */
const steps = fc.array(fc.tuple(fc.nat(9), fc.nat(1000), fc.nat(1000), fc.integer({ min: -3, max: 3 })), { maxLength: 25 });

function grown(list: readonly (readonly [number, number, number, number])[]): Graph {
  const b = builder();
  const values: Value[] = [b.input('x', { dtype: 'float32', shape: ['N', 4] }), b.input('y', { dtype: 'float32', shape: [1, 4] })];
  for (const [what, first, second, n] of list) {
    const [p, q] = [values[first % values.length]!, values[second % values.length]!];
    const made = [
      () => b.op.Add(p, q),
      () => b.op.Relu(p),
      () => b.op.Softmax(p, { axis: n % 2 === 0 ? -1 : 0 }),
      () => b.op.LeakyRelu(p, { alpha: n / 8 }),
      () => b.op.Clip(p, undefined, n),
      () => b.op.Mul(p, b.initializer(tensorOf('float32', [4], [n, 1, 2, 3]))),
      () => b.op.Gelu(p, { approximate: 'tanh' }),
      () => b.op.Where(b.op.Greater(p, q), p, n),
      () => b.op.Split(p, { axis: 1, num_outputs: 2, outputs: 2 }).reduce((a, c) => b.op.Concat(c, a, { axis: 1 })),
      () => b.op['com.microsoft.QuickGelu'](p, { alpha: n }),
    ][what]!();
    values.push(made);
  }
  return b.build([values.at(-1)!], values.slice(0, 2));
}

const branch = (name: string, op: string): GraphProto => ({ name, output: [info('y')], node: [node(op, ['x'], ['y'])] });

describe('a graph', () => {
  test('comes back from its file as it was, and is written the same twice', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const graph = grown(list);
        expect(described(again(graph))).toEqual(described(graph));
        expect(bytesFor(graph).equals(bytesFor(graph))).toBe(true);
        expect(bytesFor(again(graph)).equals(bytesFor(graph))).toBe(true);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('made anew is written the same', () => {
    const property = fc.property(steps, (list) => {
      expect(bytesFor(grown(list)).equals(bytesFor(grown(list)))).toBe(true);
    });
    fc.assert(property, { seed: 2, numRuns: 50 });
  });

  test('with graphs inside comes back', () => {
    const file = modelFile({
      input: [info('x', 'float32', ['N']), info('c', 'bool', [])],
      output: [info('y')],
      node: [node('If', ['c'], ['y'], attr.graph('then_branch', branch('a', 'Relu')), attr.graph('else_branch', branch('b', 'Neg')))],
    });
    const { graph } = readModel(memory(file));
    const back = again(graph);
    expect(back.outputs[0]!.name).toBe('y');
    expect(subgraphs(back.nodes[0]!).map(([name, g]) => [name, g.nodes[0]!.opType, g.nodes[0]!.inputs[0] === back.inputs[0]])).toEqual([
      ['else_branch', 'Neg', true],
      ['then_branch', 'Relu', true],
    ]);
  });
});

describe('every dtype', () => {
  test.each(Object.keys(dtypes) as DType[])('%s survives as a constant', (dtype) => {
    const content: Tensor =
      dtype === 'string'
        ? { dtype, dims: [2], data: ['a', 'é'] }
        : dtypes[dtype].bits < 8
          ? { dtype, dims: [2], data: Uint8Array.of(5) }
          : dtype.startsWith('complex')
            ? { dtype, dims: [1], data: dtype === 'complex64' ? Float32Array.of(1, 2) : Float64Array.of(1, 2) }
            : tensorOf(dtype, [2], [1, 0]);
    const b = builder();
    const y = b.op.Identity(b.initializer(content, 'w'));
    const graph = b.build([y]);
    expect(described(again(graph))).toEqual(described(graph));
  });
});

const through = (dtype: DType): Graph => {
  const b = builder();
  return b.build([b.op.Identity(b.input('x', { dtype, shape: [2] }))]);
};

describe('the opset', () => {
  test.each([
    ['float32', 20],
    ['float8e4m3fn', 21],
    ['int4', 21],
    ['bfloat16', 23],
    ['float4e2m1', 23],
    ['float8e8m0', 24],
    ['int2', 25],
  ] as const)('of a graph of %s is %i, the oldest that has it', (dtype, opset) => {
    expect(opsetOf(through(dtype))).toBe(opset);
  });

  test('is 21 for what 21 adds', () => {
    const b = builder();
    const x = b.input('x', { dtype: 'float32', shape: [2, 4] });
    const quantized = (zero: DType, attrs = {}): Graph =>
      b.build([b.op.QuantizeLinear(x, b.scalar(1, 'float32'), b.scalar(0, zero), attrs)]);
    expect(opsetOf(quantized('int8'))).toBe(20);
    expect(opsetOf(quantized('uint16'))).toBe(21);
    expect(opsetOf(quantized('int8', { block_size: 2 }))).toBe(21);
  });

  test('is 23 for what 23 adds', () => {
    const b = builder();
    const [x, h, w] = [
      b.input('x', { dtype: 'float32', shape: [2, 3] }),
      b.input('h', { dtype: 'float16', shape: [] }),
      b.input('w', { dtype: 'float32', shape: [3] }),
    ];
    expect(opsetOf(b.build([b.op.RMSNormalization(x, w)]))).toBe(23);
    expect(opsetOf(b.build([b.op.QuantizeLinear(x, h)]))).toBe(23);
    expect(opsetOf(b.build([b.op.QuantizeLinear(x, b.scalar(1, 'float32'))]))).toBe(20);
  });
});

describe('names', () => {
  test('of two values that are alike are told apart, those of the outputs kept', () => {
    const b = builder();
    const x = b.input('x', { dtype: 'float32', shape: [2] });
    const inner = builder();
    const z = inner.named({ opType: 'Relu', name: 'n', inputs: [x], attrs: {} }, ['y'])[0]!;
    const branch = inner.build([z], []);
    const [y] = b.named(
      {
        opType: 'If',
        name: 'n',
        inputs: [b.initializer(tensorOf('bool', [], [1]), 'c')],
        attrs: { then_branch: branch, else_branch: branch },
      },
      ['y'],
    ) as [Value];
    const back = again(b.build([y]));
    expect(back.outputs[0]!.name).toBe('y');
    expect((back.nodes[0]!.attrs['then_branch'] as Graph).outputs[0]!.name).toBe("y'2");
  });

  test('of extents nobody named stay out of the file', () => {
    const b = builder();
    const x = b.input('x', { dtype: 'float32', shape: ['N', 3] });
    const graph = b.build([b.op.NonZero(x)]);
    expect(bytesFor(graph).includes('?')).toBe(false);
    expect(bytesFor(graph).includes('N')).toBe(true);
  });
});

const using = (weight: Weight): Graph => {
  const b = builder();
  return b.build([b.op.Add(b.input('x', weight.type), b.initializer(weight, 'w'))]);
};

describe('weights', () => {
  const type = { dtype: 'float32', shape: [2] } as const;

  test('in files are referred to as `location` says', () => {
    const graph = using({ type, at: { file: '/models/w.bin', offset: 5, length: 8 } });
    const proto = decode(modelFields, spanOf(joinedBytes(writeModel(graph, { location: () => 'w.bin' })))) as ModelProto;
    expect(proto.graph!.initializer![0]).toMatchObject({
      data_location: 1,
      external_data: [
        { key: 'location', value: 'w.bin' },
        { key: 'offset', value: '5' },
        { key: 'length', value: '8' },
      ],
    });
    expect(() => writeModel(graph)).toThrow('weight w lies in /models/w.bin, and nothing says how the written model is to find it');
  });

  test('in memory are handed on, not copied', () => {
    const bytes = new Uint8Array(4 * 2000);
    const chunks = writeModel(using({ type: { dtype: 'float32', shape: [2000] }, at: { bytes } }));
    expect(chunks.some((chunk) => chunk.buffer === bytes.buffer)).toBe(true);
  });
});

test('an attribute that nothing describes is refused by name', () => {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: [2] });
  const [y] = b.named({ opType: 'my.Odd', name: 'odd', inputs: [x], attrs: { n: 1 } }, ['y']) as [Value];
  expect(() => writeModel(b.build([y]))).toThrow('my.Odd (at odd): attribute n has no schema');
});

test('what is left out at the end is not written', () => {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: [2, 4] });
  const one = b.initializer(tensorOf('float32', [4], [1, 1, 1, 1]));
  const [y] = b.node('LayerNormalization', [x, one, undefined], { axis: -1 });
  const again = readModel(memory(joinedBytes(writeModel(b.build([y!]))))).graph;
  expect(again.nodes.find(({ opType }) => opType === 'LayerNormalization')!.inputs).toHaveLength(2);
});
