import path from 'node:path';
import {
  assumedShapes,
  compile as compileGraph,
  ExplainError,
  explainerNamed,
  parseTarget,
  resolve,
  type Learnt,
  type Target,
} from '@vitrine/explain';
import {
  byteLength,
  isFresh,
  joinedBytes,
  sizeOf,
  specialize,
  writeModel,
  type Graph,
  type Tensor,
  type Value,
  type Weight,
  type WriteOptions,
} from '@vitrine/ir';
import { weightBytes, writeModelFile } from '@vitrine/ir/node';
import { realpathSync, statSync } from 'node:fs';
import type { Question } from './asked.js';
import { readTensor } from './input.js';
import { learntFor } from './learnt.js';
import type { LoadedModel } from './model.js';
import { writeBeside, writeWhole } from './save.js';

export interface CompileQuestion extends Pick<
  Question,
  'method' | 'at' | 'layer' | 'seed' | 'target' | 'options' | 'background' | 'signal' | 'progress'
> {
  readonly out: string;
  /** Leave the weights where they are and point at them: the file is small, and must stay beside the model. */
  readonly link?: boolean;
  /** Numbers for free extents, by symbol. */
  readonly dims?: ReadonlyMap<string, number>;
  /** Inputs that control flow depends on: the file does not take them any more. */
  readonly bind?: ReadonlyMap<string, Tensor>;
}

/** Writes a method for a model, one example at a time, as an ONNX file. @throws ExplainError, RuleError, DataError */
export async function compile(model: LoadedModel, question: CompileQuestion): Promise<Compiled> {
  const { method, at, layer, seed, target = 'top', options, out, link = false, dims, bind = new Map() } = question;
  const { graph } = model.subject;
  refuseOwnFiles(model, out);
  const strange = [...(dims?.keys() ?? [])].find((dim) => !freeIn(graph).has(dim));
  if (strange !== undefined)
    throw new ExplainError(
      'bad-option',
      `${model.subject.name} has no free extent ${strange}: it has ${[...freeIn(graph)].join(', ') || 'none'}`,
    );
  const { shapes } = assumedShapes(graph, dims, bind);
  const free = new Set(graph.inputs.flatMap(({ name, type }) => (typeof type.shape?.[0] === 'string' ? [name] : [])));
  const graphAt = (batch: number): Graph =>
    specialize(graph, {
      shapes: new Map([...shapes].map(([name, shape]) => [name, free.has(name) ? [batch, ...shape.slice(1)] : shape])),
      bind,
    }).graph;
  const asked: Target = typeof target === 'string' ? parseTarget(target, { labels: model.labels, tensor: readTensor }) : target;
  if (looksUp(asked))
    throw new ExplainError(
      'bad-target',
      'a compiled explainer cannot look for boxes, masks or words: name the element with --target, as 7, 0,7 or label:NAME',
    );
  const learnt = explainerNamed(method).learn === undefined ? undefined : await learntFor(model, question);
  const compiled = compileGraph(graphAt, free.size === graph.inputs.length, {
    method,
    target: asked.kind === 'top' ? asked : resolve(asked, new Map()),
    at: learnt?.at ?? (typeof at === 'string' ? [at] : at),
    layer,
    options: options ?? {},
    seed: seed ?? 0,
    ...(learnt && { learnt: learnt.program }),
  });
  const written = {
    domains: model.subject.model.domains,
    metadata: new Map([
      ['vitrine.method', method],
      ['vitrine.model', model.subject.digest],
      ...(learnt ? ([['vitrine.fidelity', JSON.stringify(learnt.fidelity)]] as const) : []),
    ]),
  };
  return {
    ...(await (link ? linked(compiled, out, written) : copied(compiled, out, written))),
    ...takenBy(compiled, graph, dims),
    ...learnt,
  };
}

/** Extents of inputs that a run decides. */
const freeIn = ({ inputs }: Graph): ReadonlySet<string> =>
  new Set(inputs.flatMap(({ type: { shape } }) => (shape ?? []).filter((dim) => typeof dim === 'string' && !isFresh(dim)) as string[]));

/** What a file takes, and the extents of it that nobody gave; the batch is 1 always. */
function takenBy(compiled: Graph, { inputs }: Graph, dims: ReadonlyMap<string, number> = new Map()): Pick<Compiled, 'inputs' | 'assumed'> {
  const assumed = new Map<string, number>();
  for (const { name, type } of compiled.inputs) {
    const given = inputs.find((input) => input.name === name)?.type.shape ?? [];
    type.shape?.forEach((extent, axis) => {
      const symbol = given[axis];
      if (axis > 0 && typeof symbol === 'string' && typeof extent === 'number' && !dims.has(symbol)) assumed.set(symbol, extent);
    });
  }
  return {
    inputs: compiled.inputs.map(({ name, type: { dtype, shape } }) => ({ name, dtype, shape: shape as readonly number[] })),
    assumed,
  };
}

/** Whether a target is found in what a model says of one example. */
function looksUp(target: Target): boolean {
  switch (target.kind) {
    case 'difference':
      return looksUp(target.of) || looksUp(target.minus);
    case 'sum':
      return target.of.some(looksUp);
    case 'class':
      return target.mask === 'predicted';
    case 'index':
    case 'top':
    case 'value':
    case 'weights':
      return false;
    default:
      return true;
  }
}

/** @throws ExplainError where writing would destroy a file of the model, by whatever path it is named */
function refuseOwnFiles({ file, subject: { model } }: LoadedModel, out: string): void {
  const own = new Set([file, ...[...model.graph.initializers.values()].flatMap((content) => placeOf(content)?.file ?? [])].map(real));
  // Weights that no single file can hold lie in a second one.
  const taken = [out, `${out}.data`].find((name) => own.has(real(name)));
  if (taken !== undefined)
    throw new ExplainError('not-compilable', `${taken} is a file of the model itself, and would be overwritten: give --out another name`);
}

/** The path behind all links, also of a file that is not there yet. */
function real(file: string): string {
  const absolute = path.resolve(file);
  try {
    return realpathSync(absolute);
  } catch {
    const folder = path.dirname(absolute);
    return folder === absolute ? absolute : path.join(real(folder), path.basename(absolute));
  }
}

/** A file that was written. */
export interface Compiled extends Written, Partial<Pick<Learnt, 'fidelity' | 'warnings'>> {
  /** What it takes, in order. */
  readonly inputs: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[];
  /** Free extents that were not given, by symbol: the length of a text, say. */
  readonly assumed: ReadonlyMap<string, number>;
}

interface Written {
  readonly bytes: number;
  /** Files that hold weights, by name. */
  readonly external: string | undefined;
}

/** Writes a graph that points at the weights where they are. @throws ExplainError when it cannot */
async function linked(graph: Graph, out: string, options: WriteOptions): Promise<Written> {
  const target = path.resolve(out);
  const folder = path.dirname(target);
  const files = new Set([...graph.initializers.values()].flatMap((content) => placeOf(content)?.file ?? []));
  const refuse = (why: string): never => {
    throw new ExplainError('not-compilable', `${out} ${why}: write it beside the model under a name of its own, or leave --link out`);
  };
  const outside = [...files].find((file) => path.relative(folder, file).startsWith('..'));
  if (outside !== undefined) refuse(`cannot point at weights outside its folder (${outside})`);
  const bytes = joinedBytes(writeModel(graph, { ...options, location: (file) => path.relative(folder, file).split(path.sep).join('/') }));
  await writeWhole(out, bytes);
  return { bytes: bytes.byteLength, external: files.size > 0 ? [...files].map((file) => path.basename(file)).join(', ') : undefined };
}

/** What one protobuf message may hold. */
const LARGEST = 2 ** 31 - 1;

/** Writes a graph with its weights, in a file of their own where one cannot hold it all. */
async function copied(graph: Graph, out: string, options: WriteOptions): Promise<Written> {
  const weights = [...graph.initializers].reduce((n, [value, content]) => n + (placeOf(content)?.length ?? bytesIn(value)), 0);
  if (weights <= LARGEST - STRUCTURE) {
    const bytes = joinedBytes(writeModel(inMemory(graph), options));
    await writeWhole(out, bytes);
    return { bytes: bytes.byteLength, external: undefined };
  }
  await writeBeside(out, () => writeModelFile(out, graph, { ...options, copyWeights: true }));
  return { bytes: statSync(out).size, external: `${path.basename(out)}.data` };
}

/** Room for everything in a file that is no weight. */
const STRUCTURE = 2 ** 24;

/** Where a weight lies in a file; undefined where it is in memory, or no tensor. */
const placeOf = (content: Tensor | Weight): { readonly file: string; readonly length: number } | undefined =>
  'at' in content && 'file' in content.at ? content.at : undefined;

const bytesIn = ({ type }: Value): number => byteLength(type.dtype as 'float32', sizeOf(type.shape as readonly number[]));

const inMemory = (graph: Graph): Graph => ({
  ...graph,
  initializers: new Map(
    [...graph.initializers].map(([value, content]) => [
      value,
      'at' in content ? { ...content, at: { bytes: weightBytes(content) } } : content,
    ]),
  ),
});
