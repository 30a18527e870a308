import type { Builder } from '../builder.js';
import { GraphError } from '../error.js';
import type { AttrValue, Value } from '../graph.js';
import { OPSET, schemas } from '../schema.js';
import type { AttrKind, AttrSpec } from '../signature.js';
import { isFloat } from '../tensor.js';
import { steps, type OldNode } from './steps.js';

/** The newest opset whose changes are known: every one after ours only adds operators, attributes, inputs and types. */
export const NEWEST_OPSET = 28;

type Widened = (node: OldNode) => boolean;
const first = ({ inputs }: OldNode): string => inputs[0]?.type.dtype ?? 'unknown';
const isHalf: Widened = (node) => first(node) === 'float16' || first(node) === 'bfloat16';

/** Uses that opsets after ours gave a meaning to and that nothing else would catch: not new attributes, inputs or element types. */
const widened: { readonly [opType: string]: Widened } = {
  BitShift: (node) => first(node).startsWith('int'),
  Mod: (node) => node.attrs['fmod'] !== 1 && isFloat(first(node)),
  Range: isHalf,
};

/**
 * Adds a node of any opset to the builder, said in the inner opset.
 * @throws GraphError 'unknown-operator', 'unsupported-version' or 'malformed', naming operator and node
 */
export function upgrade(old: OldNode, b: Builder): readonly (Value | undefined)[] {
  let node = old;
  const standard = !old.opType.includes('.');
  if (standard) {
    for (const [before, step] of Object.hasOwn(steps, old.opType) ? steps[old.opType]! : []) {
      if (old.version >= before) continue;
      const next = step(node, b);
      if (Array.isArray(next)) return next;
      node = next as OldNode;
    }
    if (!Object.hasOwn(schemas, node.opType))
      throw new GraphError(
        'unknown-operator',
        `${node.opType} (at ${node.name}) is not an operator that ONNX defines up to opset ${OPSET}`,
      );
    if (old.version > OPSET && Object.hasOwn(widened, node.opType) && widened[node.opType]!(node))
      throw new GraphError(
        'unsupported-version',
        `${node.opType} (at ${node.name}): takes ${first(node)} only since opset ${old.version}; opsets up to ${OPSET} are understood`,
      );
  }
  if (Object.hasOwn(schemas, node.opType)) conform(node, standard);
  return b.named(node, node.outputs);
}

/** Holds a node's attributes against the schema. Domains other than ai.onnx may have attributes that we do not know yet. */
function conform({ opType, name, attrs }: OldNode, strictly: boolean): void {
  const specs = schemas[opType as keyof typeof schemas].attrs as { readonly [name: string]: AttrSpec };
  const malformed = (what: string): never => {
    throw new GraphError('malformed', `${opType} (at ${name}): ${what}`);
  };
  for (const [attr, { kind, required }] of Object.entries(specs)) {
    const value = Object.hasOwn(attrs, attr) ? attrs[attr] : undefined;
    if (value === undefined && required) malformed(`attribute ${attr} is missing`);
    if (value !== undefined && !fits(kind, value)) malformed(`attribute ${attr} must be of type ${kind}`);
  }
  const stranger = strictly ? Object.keys(attrs).find((attr) => !Object.hasOwn(specs, attr)) : undefined;
  if (stranger !== undefined) malformed(`has no attribute ${stranger}`);
}

function fits(kind: AttrKind, value: AttrValue): boolean {
  switch (kind) {
    case 'float':
      return typeof value === 'number';
    case 'int':
      return Number.isInteger(value);
    case 'string':
      return typeof value === 'string';
    case 'floats':
      return Array.isArray(value) && value.every((v) => typeof v === 'number');
    case 'ints':
      return Array.isArray(value) && value.every(Number.isInteger);
    case 'strings':
      return Array.isArray(value) && value.every((v) => typeof v === 'string');
    case 'tensor':
      return typeof value === 'object' && 'dims' in value;
    case 'graph':
      return typeof value === 'object' && 'nodes' in value;
    case 'sparse':
    case 'type':
      return typeof value === 'object' && 'opaque' in value;
  }
}
