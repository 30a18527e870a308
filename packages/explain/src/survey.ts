import { isFloat, isStatic, sizeOf, specialize, subgraphs, type Graph, type Node, type Tensor, type Value } from '@vitrine/ir';
import { between, dependents, ruleState, type RuleState } from '@vitrine/transform';
import type { Explainer } from './explainer.js';
import { embeddingsIn } from './embedding.js';
import { attentionIn, type AttentionState } from './attention/attentionIn.js';
import { explainerNamed } from './explain.js';
import { explainers } from './explainers.js';
import { spatialLayer } from './layout.js';
import { optionsFor } from './field.js';
import { build, type Program } from './program.js';
import { gradientProgram } from './rows.js';
import { defaultAt, type Subject } from './subject.js';

/** One kind of operator on the way from what is explained to the output. */
export interface OperatorState {
  readonly opType: string;
  readonly count: number;
  readonly state: RuleState;
  /** What the method does there, where it has rules of its own. */
  readonly rule?: string;
  /** A node of this kind. */
  readonly node: string;
}

export interface LayerState {
  readonly name: string;
  readonly opType: string;
  readonly shape: readonly (number | string)[];
  /** The one that CAM methods take unless told otherwise. */
  readonly chosen: boolean;
}

export interface MethodState {
  readonly method: string;
  readonly supported: boolean;
  readonly why?: string;
}

export interface Survey {
  /** Shapes that were assumed for free extents. */
  readonly assumed: ReadonlyMap<string, readonly number[]>;
  readonly at: readonly string[];
  readonly operators: readonly OperatorState[];
  readonly layers: readonly LayerState[];
  readonly attention: readonly AttentionState[];
  readonly methods: readonly MethodState[];
}

const SIDE = 224;
/** Lengths that are tried in turn: some models take no short inputs. */
const LENGTHS = [16, 512, 16_000] as const;

/** Shapes for a model's inputs where some extents are free, and the model's graph for them. @throws GraphError when no shape that is tried fits */
export function assumedShapes(
  graph: Graph,
  dims: ReadonlyMap<string, number> = new Map(),
  bind: ReadonlyMap<string, Tensor> = new Map(),
): { readonly shapes: ReadonlyMap<string, readonly number[]>; readonly graph: Graph } {
  let failure: unknown;
  for (const length of LENGTHS) {
    const shapes = shapesWith(graph, dims, length);
    try {
      return { shapes, graph: specialize(graph, { shapes, bind }).graph };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** Numbers for free extents: 1 for the batch, then what is given by symbol, then 224 for the sides of pictures and 16 for lengths. A symbol means the same everywhere. */
function shapesWith(graph: Graph, dims: ReadonlyMap<string, number>, length: number): ReadonlyMap<string, readonly number[]> {
  const symbols = new Map(dims);
  const shapes = graph.inputs.flatMap(({ name, type: { shape } }) => (shape === undefined ? [] : [{ name, shape }]));
  for (const axis of [0, 1, 2, 3, 4, 5]) {
    for (const { shape } of shapes) {
      const dim = shape[axis];
      if (typeof dim === 'string' && !symbols.has(dim)) symbols.set(dim, axis === 0 ? 1 : shape.length === 4 ? SIDE : length);
    }
  }
  return new Map(shapes.map(({ name, shape }) => [name, shape.map((dim) => (typeof dim === 'number' ? dim : (symbols.get(dim) ?? 1)))]));
}

export interface SurveyOptions {
  /** Numbers for free extents, by symbol. */
  readonly dims?: ReadonlyMap<string, number>;
  /** Inputs that control flow depends on. */
  readonly bind?: ReadonlyMap<string, Tensor>;
  readonly at?: readonly string[];
  readonly methods?: readonly string[];
  /** Options of methods, by their names. */
  readonly options?: ReadonlyMap<string, { readonly [name: string]: unknown }>;
}

/** What can be asked of a model, without running it. */
export function survey(
  { graph }: Subject,
  { dims, bind, at: wanted, methods = Object.keys(explainers), options = new Map() }: SurveyOptions = {},
): Survey {
  const { shapes: assumed, graph: shaped } = assumedShapes(graph, dims, bind);
  const found = wanted ?? attempt(() => defaultAt(shaped));
  const at = typeof found === 'string' ? [] : found;
  const onPath = nodesBetween(shaped, at);
  const layer = spatialLayer(shaped, valuesOf(shaped, at), shaped.outputs)?.value;
  const failure = typeof found === 'string' ? found : buildFailure(shaped, at, gradientProgram(at));
  const [only] = methods;
  const alone = methods.length === 1 ? explainerNamed(only!) : undefined;
  const asked = alone && optionsFor(alone.name, alone.options, options.get(alone.name) ?? {});
  const ruleAt = asked && alone.ruleAt?.(asked);
  const planned = ruleAt && typeof found !== 'string' && alone.compile ? attempt(() => programOf(alone, shaped, at, asked)) : undefined;
  const canonize = typeof planned === 'object' ? planned.canonize : undefined;
  const looked = attempt(() => attentionIn(shaped));
  const attention = typeof looked === 'string' ? [] : looked;
  const failureOf = (row: Explainer): string | undefined => {
    if (row.operators !== undefined && !onPath.some(({ opType }) => row.operators!.includes(opType)))
      return `none of ${row.operators.join(', ')}`;
    if (row.family === 'attention') {
      if (attention.length === 0) return typeof looked === 'string' ? looked : 'no attention';
      if (row.compile !== undefined && typeof found !== 'string')
        return buildFailure(shaped, at, programOf(row, shaped, at, { show: 'all' }));
    }
    if (row.words && !embeddingsIn(shaped).some(({ value }) => at.includes(value.name))) return 'no words that are looked up in a table';
    if (row.forwardOnly) return undefined;
    if (row.family !== 'relevance' || row.compile === undefined || typeof found === 'string') return failure;
    const program = attempt(() => programOf(row, shaped, at, options.get(row.name)));
    // What is only chosen at an example says nothing against the model.
    return typeof program === 'string' ? failure : buildFailure(shaped, at, program);
  };
  return {
    assumed,
    at,
    operators: operatorsOf(canonize === undefined ? onPath : nodesBetween(canonize(shaped), at), ruleAt),
    layers: layersOf(onPath, layer),
    attention,
    methods: methods.map((method) => methodState(explainerNamed(method), failureOf, layer)),
  };
}

function nodesBetween(graph: Graph, at: readonly string[]): readonly Node[] {
  const path = between(graph, valuesOf(graph, at), graph.outputs);
  return graph.nodes.filter((node) => path.has(node));
}

const valuesOf = (graph: Graph, names: readonly string[]): readonly Value[] => {
  const all = new Map(
    [...graph.inputs, ...graph.nodes.flatMap(({ outputs }) => outputs.filter((v) => v !== undefined))].map((v) => [v.name, v]),
  );
  return names.flatMap((name) => all.get(name) ?? []);
};

/** What `f` gives, or the sentence in which it fails. */
function attempt<T>(f: () => T): T | string {
  try {
    return f();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function operatorsOf(nodes: readonly Node[], ruleAt: ReturnType<NonNullable<Explainer['ruleAt']>> | undefined): readonly OperatorState[] {
  const kinds = new Map<string, Node[]>();
  for (const node of nodes) kinds.set(node.opType, [...(kinds.get(node.opType) ?? []), node]);
  return [...kinds]
    .map(([opType, list]) => {
      const [node] = list as [Node];
      const rule = ruleAt?.(node);
      const general = ruleState(opType);
      const state = ruleAt === undefined ? general : rule !== undefined ? 'rule' : general === 'rule' ? 'missing' : general;
      return { opType, count: list.length, state, node: node.name, ...(rule !== undefined && { rule }) };
    })
    .toSorted((a, b) => (a.opType < b.opType ? -1 : 1));
}

/** Values where a network changes what it works on: after blocks, before pooling, embeddings, normalized tokens. */
const WORTH = new Set([
  'Concat',
  'Conv',
  'ConvTranspose',
  'Gather',
  'Gemm',
  'GRU',
  'LSTM',
  'LayerNormalization',
  'MatMul',
  'MaxPool',
  'RNN',
  'Relu',
  'Add',
]);

function layersOf(nodes: readonly Node[], chosen: Value | undefined): readonly LayerState[] {
  return nodes.flatMap(({ opType, outputs: [value] }) => {
    if (value === undefined || !isFloat(value.type.dtype) || !isStatic(value.type.shape)) return [];
    if (value !== chosen && (!WORTH.has(opType) || sizeOf(value.type.shape) < 4)) return [];
    return [{ name: value.name, opType, shape: value.type.shape, chosen: value === chosen }];
  });
}

/** A method's graph for an example, as it would be compiled. */
function programOf(row: Explainer, graph: Graph, at: readonly string[], options: object = {}): Program {
  const shapes = new Map(valuesOf(graph, at).map(({ name, type }) => [name, type.shape as readonly number[]]));
  return row.compile!({ at, layer: undefined, shapes, random: () => () => 0.5 }, optionsFor(row.name, row.options, { ...options }));
}

/** Builds the backward pass and throws it away: what fails here would fail when asked. */
function buildFailure(graph: Graph, at: readonly string[], program: Program): string | undefined {
  const undecided = graph.nodes.find((node) => subgraphs(node).length > 0);
  if (undecided !== undefined) return undecidedSentence(graph, undecided);
  const rank = graph.outputs[0]!.type.shape?.length ?? 0;
  const index = Array.from({ length: Math.max(0, rank - 1) }, () => 0);
  const built = attempt(() => build({ graph, at, target: { kind: 'index', index }, batch: 1 }, program));
  return typeof built === 'string' ? built : undefined;
}

/** Which inputs decide the control flow that could not be written out. */
function undecidedSentence(graph: Graph, node: Node): string {
  const deciding = graph.inputs.filter((input) => !isFloat(input.type.dtype) && dependents(graph, [input]).has(node.inputs[0]!));
  const names = deciding.map(({ name }) => name);
  const how = names.length === 0 ? 'it depends on what is explained' : `give ${names.map((name) => `--bind ${name}=NUMBER`).join(' ')}`;
  return `${node.opType} (at ${node.name}) is decided only when running: ${how}`;
}

function methodState(row: Explainer, failureOf: (row: Explainer) => string | undefined, layer: Value | undefined): MethodState {
  const why = (row.layer === 'spatial' || row.layer === 'features') && layer === undefined ? 'no layer laid out in space' : failureOf(row);
  return { method: row.name, supported: why === undefined, ...(why !== undefined && { why }) };
}
