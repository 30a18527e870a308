import type { Graph, Model, Value, ValueType } from '../graph.js';
import { freshSymbol } from '../dim.js';
import { GraphError } from '../error.js';
import { infer } from '../infer/index.js';
import { memory } from '../onnx/source.js';
import { readModel } from '../onnx/read.js';
import { tensorFromFile } from '../onnx/tensor.js';
import { joinedBytes } from '../onnx/encode.js';
import { writeModel } from '../onnx/write.js';
import { specialize } from '../specialize.js';
import { numbers, type DType, type Tensor } from '../tensor.js';
import { boundary, run } from './ort.js';

/** One of the ONNX standard's operator tests: a model, inputs, and what should come out. */
export interface Case {
  readonly name: string;
  readonly model: Uint8Array;
  /** In the order of the model's inputs. */
  readonly inputs: () => readonly Tensor[];
}

/** The cases of an archive laid out as `…/test_name/{model.onnx, test_data_set_0/input_0.pb}`. */
export function casesIn(files: ReadonlyMap<string, Uint8Array>): readonly Case[] {
  const models = [...files].filter(([name]) => name.endsWith('/model.onnx'));
  return models
    .map(([path, model]) => {
      const folder = path.slice(0, -'model.onnx'.length);
      const inputs: Uint8Array[] = [];
      for (let i = 0, input; (input = files.get(`${folder}test_data_set_0/input_${i}.pb`)) !== undefined; i++) inputs.push(input);
      return { name: folder.split('/').at(-2)!, model, inputs: () => inputs.map((input) => tensorFromFile(memory(input))) };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What became of a case; every kind but `unchanged` says why. */
export interface Verdict {
  readonly kind: 'unchanged' | 'refused' | 'unsupported' | 'changed' | 'mistyped' | 'misknown' | 'respecialized' | 'crashed';
  readonly why: string;
  /** Operators whose inferred output types ONNX Runtime confirmed. */
  readonly confirmed: ReadonlySet<string>;
}

/** Reads and writes the case's model, and holds outputs, types and known contents against ONNX Runtime. */
export async function check({ model: bytes, inputs }: Case): Promise<Verdict> {
  const confirmed = new Set<string>();
  const verdict = (kind: Verdict['kind'], why = ''): Verdict => ({ kind, why, confirmed });
  let model: Model;
  try {
    model = readModel(memory(bytes));
  } catch (error) {
    return verdict(error instanceof GraphError ? 'refused' : 'crashed', String(error));
  }
  const { graph } = model;
  const odd = [...graph.inputs, ...graph.outputs].find(({ type }) => type.dtype !== 'unknown' && !boundary.has(type.dtype as DType));
  if (odd !== undefined) return verdict('unsupported', `${odd.type.dtype} at the boundary`);
  const tensors = inputs();
  const feeds = new Map(graph.inputs.map(({ name }, i) => [name, tensors[i]!]));
  let expected: ReadonlyMap<string, Tensor>;
  try {
    expected = await run(bytes, feeds);
  } catch (error) {
    return verdict('unsupported', String(error).split('\n')[0]);
  }
  const written = (g: Graph): Uint8Array => joinedBytes(writeModel(g, model));
  try {
    const mistyped = await typesDiffer(graph, feeds, written, confirmed);
    if (mistyped !== undefined) return verdict('mistyped', mistyped);
    const unlike = difference(expected, await run(written(graph), feeds), exactly);
    if (unlike !== undefined) return verdict('changed', unlike);
  } catch (error) {
    return verdict('changed', String(error));
  }
  for (const bind of [new Map([...feeds].filter(([, { dtype }]) => dtype.includes('int') || dtype === 'bool')), feeds]) {
    try {
      const { graph: special, moved } = specialize(graph, { bind });
      const rest = new Map([...feeds].filter(([name]) => !bind.has(name)));
      const wrong = [...graph.outputs].map((old) => contradiction(moved.get(old) ?? old, expected.get(old.name)!)).find(Boolean);
      if (wrong !== undefined) return verdict('misknown', wrong);
      const unlike = difference(expected, await run(written(special), rest), nearly);
      if (unlike !== undefined) return verdict('respecialized', unlike);
      const differs = await typesDiffer(special, rest, written, confirmed);
      if (differs !== undefined) return verdict('respecialized', differs);
    } catch (error) {
      return verdict('respecialized', String(error));
    }
  }
  return verdict('unchanged');
}

/** Runs the graph with every value an output and compares each type that inference claims, by itself and with what the file adds. */
async function typesDiffer(
  graph: Graph,
  feeds: ReadonlyMap<string, Tensor>,
  written: (graph: Graph) => Uint8Array,
  confirmed: Set<string>,
): Promise<string | undefined> {
  const made = graph.nodes.flatMap((node) => {
    const facts = infer(node, node.outputs.length, freshSymbol);
    return node.outputs.flatMap((value, i) =>
      value !== undefined && boundary.has(value.type.dtype as DType) ? [{ value, node, inferred: facts[i]!.type }] : [],
    );
  });
  const outputs = [...new Set([...graph.outputs, ...made.map(({ value }) => value)])];
  const results = await run(written({ ...graph, outputs }), feeds, false);
  for (const { value, node, inferred } of made) {
    const real = results.get(value.name)!;
    const wrong = [inferred, value.type].find((type) => !holds(type, real));
    if (wrong !== undefined)
      return `${node.opType} (at ${node.name}): inferred ${wrong.dtype} [${wrong.shape}], got ${real.dtype} [${real.dims}]`;
    const unlike = contradiction(value, real);
    if (unlike !== undefined) return unlike;
    if (inferred.dtype !== 'unknown' && inferred.shape !== undefined) confirmed.add(node.opType);
  }
  return undefined;
}

/** Whether a type claims nothing that is not so. */
const holds = ({ dtype, shape }: ValueType, { dtype: real, dims }: Tensor): boolean =>
  (dtype === 'unknown' || dtype === real) &&
  (shape === undefined || (shape.length === dims.length && shape.every((dim, i) => typeof dim === 'string' || dim === dims[i])));

/** Where the content that a value is known to hold differs from what ONNX Runtime computed. */
function contradiction({ name, known }: Value, real: Tensor): string | undefined {
  if (known === undefined) return undefined;
  const values = numbers(real);
  const at = known.values.findIndex((v, i) => typeof v === 'number' && !close(v, values[i]!));
  return at < 0 && known.values.length === values.length
    ? undefined
    : `${name} is known to hold [${known.values.slice(0, 8)}…], got [${[...values].slice(0, 8)}…] (first at ${at})`;
}

const close = (a: number, b: number): boolean => Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));
const exactly = (a: unknown, b: unknown): boolean => Object.is(a, b);
const nearly = (a: unknown, b: unknown): boolean =>
  typeof a === 'number' ? close(a, b as number) || Math.abs(a - (b as number)) < 1e-6 : a === b;

/** The first difference between two sets of outputs. */
function difference(
  expected: ReadonlyMap<string, Tensor>,
  actual: ReadonlyMap<string, Tensor>,
  alike: (a: unknown, b: unknown) => boolean,
): string | undefined {
  for (const [name, a] of expected) {
    const b = actual.get(name);
    if (b === undefined) return `output ${name} is missing`;
    if (a.dtype !== b.dtype || String(a.dims) !== String(b.dims))
      return `output ${name} is ${b.dtype} [${b.dims}], was ${a.dtype} [${a.dims}]`;
    for (let i = 0; i < a.data.length; i++)
      if (!alike(a.data[i], b.data[i])) return `output ${name}[${i}] is ${b.data[i]}, was ${a.data[i]}`;
  }
  return undefined;
}
