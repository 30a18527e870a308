import { attrsOf, numbersOf, producers, type Graph, type Node, type Value } from '@vitrine/ir';

/** An element of a row of an input. */
export interface Origin {
  readonly at: string;
  readonly column: number;
}

/** The node that makes one element of several, or of what is no row of columns. */
export interface Mixed {
  readonly mixes: Node;
}

export const isMixed = (found: readonly Origin[] | Mixed): found is Mixed => 'mixes' in found;

/** What a row of the table sees: origins of the operands, one for each element of a row; empty for constants. */
interface Tracing {
  readonly node: Node;
  readonly origins: readonly (readonly Origin[])[];
  /** How many elements a row of this output has. */
  readonly width: number;
  readonly output: number;
}

/** Where each element of an output comes from; undefined where one has no origin, or several. */
type Tracer = (c: Tracing) => readonly (Origin | undefined)[] | undefined;

const each = (tracer: Tracer, ...opTypes: readonly string[]): { readonly [opType: string]: Tracer } =>
  Object.fromEntries(opTypes.map((opType) => [opType, tracer]));

/** One element of one: the rest are settings. */
const first: Tracer = ({ origins: [x] }) => x;

/** Element by element; operands of one element go with all. */
const elementwise: Tracer = ({ origins, width }) =>
  Array.from({ length: width }, (_, i) => {
    const own = origins.filter(({ length }) => length > 0).map((list) => (list.length === 1 ? list[0]! : list[i]));
    return own.every((origin) => origin !== undefined && same(origin, own[0]!)) ? own[0] : undefined;
  });

const same = (a: Origin, b: Origin): boolean => a.at === b.at && a.column === b.column;

/** The axis of columns: the last, with nothing between it and the batch's. */
const isLastAxis = ({ inputs: [x] }: Node, axis: number): boolean => {
  const shape = x?.type.shape ?? [];
  return shape.length >= 2 && (axis === shape.length - 1 || axis === -1) && shape.slice(1, -1).every((extent) => extent === 1);
};

/** Columns one behind the other. */
const concatenated: Tracer = ({ origins }) => origins.flat();

/** Columns picked by constants. */
function picked({ node, origins: [x] }: Tracing, axis: number): readonly (Origin | undefined)[] | undefined {
  const at = numbersOf(node.inputs[1]);
  return at === undefined || !isLastAxis(node, axis) ? undefined : at.map((i) => x!.at(i));
}

/** Rows of a constant table: all of a row comes from the number that chooses it. */
function lookedUp({ node, origins: [, ids], width }: Tracing): readonly (Origin | undefined)[] | undefined {
  if (attrsOf<'Gather'>(node).axis !== 0 || ids === undefined || ids.length === 0) return undefined;
  return ids.flatMap((origin) => new Array<Origin>(width / ids.length).fill(origin));
}

const tracers: { readonly [opType: string]: Tracer } = {
  ...each(first, 'Identity', 'Cast', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Clip'),
  ...each(first, 'Abs', 'Ceil', 'Exp', 'Floor', 'IsNaN', 'Log', 'Neg', 'Not', 'Reciprocal', 'Round', 'Sign', 'Sqrt', 'Sigmoid', 'Tanh'),
  ...each(first, 'ai.onnx.ml.Binarizer', 'ai.onnx.ml.CategoryMapper', 'ai.onnx.ml.Imputer', 'ai.onnx.ml.LabelEncoder', 'ai.onnx.ml.Scaler'),
  ...each(elementwise, 'Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Where'),
  ...each(elementwise, 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or'),
  'ai.onnx.ml.FeatureVectorizer': concatenated,
  Concat: (c) => (isLastAxis(c.node, attrsOf<'Concat'>(c.node).axis) ? concatenated(c) : undefined),
  Gather: (c) => (c.origins[0]!.length === 0 ? lookedUp(c) : picked(c, attrsOf<'Gather'>(c.node).axis)),
  'ai.onnx.ml.ArrayFeatureExtractor': (c) => picked(c, -1),
  'ai.onnx.ml.OneHotEncoder': ({ origins: [x], width }) => x!.flatMap((origin) => new Array<Origin>(width / x!.length).fill(origin)),
  Slice({ node, origins: [x] }) {
    const [start, end, axis, step] = node.inputs.slice(1).map((value) => numbersOf(value));
    if (start?.length !== 1 || end?.length !== 1 || !isLastAxis(node, axis?.[0] ?? 0) || (step?.[0] ?? 1) !== 1) return undefined;
    return x!.slice(start[0], end[0]);
  },
  Split({ node, origins: [x], output, width }) {
    if (!isLastAxis(node, attrsOf<'Split'>(node).axis)) return undefined;
    const before = node.outputs.slice(0, output).reduce((sum, value) => sum + widthOf(value!), 0);
    return x!.slice(before, before + width);
  },
};

/** Elements of one example. */
const widthOf = ({ type }: Value): number => (type.shape ?? []).slice(1).reduce<number>((n, dim) => n * Number(dim), 1);

/** The element of an input that each element of a row of `value` is made of, in a graph whose shapes are known, for one example. */
export function originsOf(graph: Graph, value: Value): readonly Origin[] | Mixed {
  const producer = producers(graph);
  const known = new Map<Value, readonly Origin[] | Mixed>();
  const traced = (v: Value): readonly Origin[] | Mixed => {
    if (graph.initializers.has(v)) return [];
    const node = producer.get(v);
    if (node === undefined) return Array.from({ length: widthOf(v) }, (_, column) => ({ at: v.name, column }));
    const origins: (readonly Origin[])[] = [];
    for (const input of node.inputs) {
      const found = input === undefined ? [] : at(input);
      if (isMixed(found)) return found;
      origins.push(found);
    }
    if (origins.every((list) => list.length === 0)) return [];
    const tracer = Object.hasOwn(tracers, node.opType) ? tracers[node.opType] : undefined;
    const width = widthOf(v);
    const settings = tracer === first && origins.slice(1).some((list) => list.length > 0);
    const found = settings ? undefined : tracer?.({ node, origins, width, output: node.outputs.indexOf(v) });
    return found?.length === width && found.every((origin) => origin !== undefined) ? found : { mixes: node };
  };
  const at = (v: Value): readonly Origin[] | Mixed => {
    const found = known.get(v) ?? traced(v);
    known.set(v, found);
    return found;
  };
  const found = at(value);
  // What no input leads to is no row of columns.
  return isMixed(found) || found.length > 0 ? found : { mixes: producer.get(value)! };
}
