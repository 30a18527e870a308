import { describe, expect, test } from 'vitest';
import type { Graph, Node } from '../graph.js';
import { attr, constant, info, modelFile, node } from '../testing/models.js';
import { feed, graph, read, same, x } from '../testing/small.js';
import { tensorOf } from '../tensor.js';
import type { FunctionProto, GraphProto, NodeProto } from './proto.js';

const withK = (op: string): GraphProto => ({ name: op, output: [info('r')], node: [node(op, ['a', 'k'], ['r'])] });
const applied = (op: string): GraphProto => ({ name: op, output: [info('t')], node: [node(op, ['a'], ['t'])] });

const f = (
  name: string,
  input: readonly string[],
  output: readonly string[],
  nodes: readonly NodeProto[],
  rest: FunctionProto = {},
): FunctionProto => ({
  domain: 'f',
  name,
  input,
  output,
  node: nodes,
  opset_import: [
    { domain: '', version: 18 },
    { domain: 'f', version: 1 },
  ],
  ...rest,
});
const call = (
  name: string,
  input: readonly string[],
  output: readonly string[],
  ...attribute: NonNullable<NodeProto['attribute']>
): NodeProto => ({ ...node(name, input, output, ...attribute), domain: 'f', name: `call ${output[0]}` });
const file = (nodes: readonly NodeProto[], functions: readonly FunctionProto[], rest: GraphProto = {}): Uint8Array =>
  modelFile(graph(nodes, rest), { functions, domains: ['f'], opset: 18 });
const reference = (name: string, ref_attr_name: string, type: number) => ({ name, ref_attr_name, type });

describe('functions', () => {
  test('in functions, with attributes of their own, given and by default', async () => {
    const scaled = f(
      'scaled',
      ['a'],
      ['b'],
      [node('LeakyRelu', ['a'], ['t'], reference('alpha', 'slope', 1)), node('Elu', ['t'], ['b'], reference('alpha', 'missing', 1))],
      {
        attribute_proto: [attr.float('slope', 0.3)],
      },
    );
    const twice = f('twice', ['a'], ['b'], [call('scaled', ['a'], ['t'], reference('slope', 'first', 1)), call('scaled', ['t'], ['b'])]);
    await same(file([call('twice', ['x'], ['y'], attr.float('first', 0.7))], [scaled, twice]), feed(2, 3));
  });

  test('whose graphs see the values around them', async () => {
    const choose = f(
      'choose',
      ['a', 'c'],
      ['b'],
      [
        node('Constant', [], ['k'], attr.float('value_float', 2)),
        node('If', ['c'], ['b'], attr.graph('then_branch', withK('Add')), attr.graph('else_branch', withK('Mul'))),
      ],
    );
    const functions = [choose];
    const inputs = { input: [x(2, 3), info('c', 'bool', [])] };
    for (const yes of [0, 1])
      await same(
        file([call('choose', ['x', 'c'], ['t']), call('choose', ['t', 'c'], ['y'])], functions, inputs),
        feed(2, 3),
        tensorOf('bool', [], [yes]),
      );
  });

  test('that take a graph as an attribute keep its names apart from theirs', async () => {
    const apply = f(
      'apply',
      ['a', 'c'],
      ['b'],
      [
        node('Neg', ['a'], ['t']),
        node('If', ['c'], ['r'], reference('then_branch', 'yes', 5), reference('else_branch', 'no', 5)),
        node('Add', ['r', 't'], ['b']),
      ],
    );
    const main = [
      node('Relu', ['x'], ['a']),
      call('apply', ['x', 'c'], ['y'], attr.graph('yes', applied('Exp')), attr.graph('no', applied('Abs'))),
    ];
    const { nodes } = read(file(main, [apply], { input: [x(2, 3), info('c', 'bool', [])] }));
    const branchOf = (name: string): Node => (nodes.find(({ opType }) => opType === 'If')!.attrs[name] as Graph).nodes[0]!;
    expect(branchOf('then_branch').inputs[0]!.name).toBe('a');
    expect(branchOf('else_branch').opType).toBe('Abs');
  });

  test('with inputs left out, outputs left out and inputs handed on', async () => {
    const clip = f(
      'clip',
      ['a', 'low', 'high'],
      ['b', 'unused', 'same'],
      [node('Clip', ['a', 'low', 'high'], ['b']), node('Neg', ['a'], ['unused']), node('Identity', ['a'], ['same'])],
    );
    const hand = f('hand', ['a'], ['a'], []);
    const main = [call('clip', ['x', '', 'h'], ['t', '', 's']), node('Add', ['t', 's'], ['u']), call('hand', ['u'], ['y'])];
    const { nodes, outputs } = read(file(main, [clip, hand], { initializer: [constant('h', 'float32', [], [0.2])] }));
    expect(nodes.map(({ opType }) => opType)).toEqual(['Clip', 'Identity', 'Add', 'Identity']);
    expect(nodes[0]!.inputs.map((v) => v?.name)).toEqual(['x', undefined, 'h']);
    expect(outputs[0]!.name).toBe('y');
  });

  test('of an older opset than the model are upgraded by theirs', async () => {
    const old = f('old', ['a'], ['b'], [node('ReduceMean', ['a'], ['b'], attr.ints('axes', [1]))], {
      opset_import: [{ domain: '', version: 13 }],
    });
    const { nodes } = read(
      modelFile(
        graph([call('old', ['x'], ['t']), node('ReduceMean', ['t', 'k'], ['y'])], { initializer: [constant('k', 'int64', [1], [0])] }),
        { functions: [old], domains: ['f'], opset: 18 },
      ),
    );
    expect(nodes.map(({ inputs }) => inputs.length)).toEqual([2, 2]);
    expect(() => read(file([call('old', ['x'], ['y'])], [{ ...old, opset_import: [{ domain: '', version: 5 }] }]))).toThrow(
      'the function old is written in opset 5',
    );
  });
});
