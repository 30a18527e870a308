import { isFloat, type Graph, type Node, type Value } from '@vitrine/ir';
import { dependents } from '@vitrine/transform';

/** A table that whole numbers, such as tokens, are looked up in. */
export interface Embedding {
  /** What is looked up. */
  readonly ids: Value;
  /** What is found: [B,T,D]. */
  readonly value: Value;
  /** Rows of the table, where its shape is known. */
  readonly rows: number | undefined;
}

/** The lookups of what the inputs give in tables that they do not change, in the graph's order. */
export function embeddingsIn(graph: Graph): readonly Embedding[] {
  const depends = dependents(graph, graph.inputs);
  return graph.nodes.flatMap(({ opType, inputs: operands, outputs }) => {
    const lookup = LOOKUPS.get(opType);
    if (lookup === undefined) return [];
    const [table, ids] = [operands[lookup.table], operands[lookup.ids]];
    if (table === undefined || depends.has(table) || ids === undefined || !depends.has(ids)) return [];
    const value = outputs[0] && floatBehind(graph, outputs[0]);
    const rows = table.type.shape?.[0];
    return value === undefined ? [] : [{ ids, value, rows: typeof rows === 'number' ? rows : undefined }];
  });
}

/** The lookup of one input's own numbers: not of positions that are counted along it. */
export function embeddingOf(graph: Graph, input: string): Embedding | undefined {
  const source = sourceIn(
    new Map(graph.nodes.flatMap((node) => node.outputs.flatMap((v) => (v === undefined ? [] : [[v, node] as const])))),
  );
  return embeddingsIn(graph).find(({ ids }) => source(ids).name === input);
}

/** Where the numbers of a value come from, as they are. */
export function sourceIn(makers: ReadonlyMap<Value, Node>): (value: Value) => Value {
  const source = (value: Value): Value => {
    const node = makers.get(value);
    return node !== undefined && MOVES.has(node.opType) && node.inputs[0] !== undefined ? source(node.inputs[0]) : value;
  };
  return source;
}

/** Operators by which tokens become vectors, and which of their inputs is what. */
const LOOKUPS: ReadonlyMap<string, { readonly table: number; readonly ids: number }> = new Map([
  ['Gather', { table: 0, ids: 1 }],
  ['com.microsoft.EmbedLayerNormalization', { table: 2, ids: 0 }],
  ['com.microsoft.GatherBlockQuantized', { table: 0, ids: 1 }],
]);
/** Operators by which a quantized vector becomes one of floats. */
const UNPACKS: ReadonlySet<string> = new Set(['Cast', 'DequantizeLinear']);
/** Operators that hand numbers on as they are. */
const MOVES: ReadonlySet<string> = new Set(['Cast', 'Flatten', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

/** The value itself, or what unpacks it. */
function floatBehind(graph: Graph, value: Value): Value | undefined {
  if (isFloat(value.type.dtype)) return value;
  return graph.nodes.find(({ opType, inputs }) => UNPACKS.has(opType) && inputs[0] === value)?.outputs[0];
}
