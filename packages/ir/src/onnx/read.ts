import { GraphError } from '../error.js';
import type { Model } from '../graph.js';
import { OPSET } from '../schema.js';
import { inlineFunctions } from './functions.js';
import { refuseOtherFormats } from './otherFormats.js';
import { modelFields, type Int64, type ModelProto } from './proto.js';
import { malformed, readGraph, type ReadOptions } from './readGraph.js';
import type { Source } from './source.js';
import { NEWEST_OPSET } from './upgrade.js';
import { decode } from './wire.js';

const OLDEST_OPSET = 7;
const OLDEST_IR = 3;

/**
 * Reads an ONNX model, upgraded to the inner opset. Weights stay where they lie.
 * @throws GraphError with a code for what is wrong: 'malformed', 'unsupported-version', 'unknown-operator', 'external-data', 'limit', …
 */
export function readModel(source: Source, options: ReadOptions = {}): Model {
  refuseOtherFormats(source);
  const proto = decode(modelFields, { source, offset: 0, length: source.size }) as ModelProto;
  if (proto.graph === undefined) throw new GraphError('malformed', 'not an ONNX model: the file holds no graph');
  const irVersion = whole(proto.ir_version ?? 0, 'IR version');
  if (irVersion < OLDEST_IR)
    throw new GraphError('unsupported-version', `the file says IR version ${irVersion}; versions ${OLDEST_IR} and later are read`);
  const versions = versionsOf(proto);
  // A file that names no opset is older than the idea of them; one that names others only uses none of ai.onnx.
  const opset = versions.get('') ?? (versions.size === 0 ? 1 : OPSET);
  readable(opset, 'the model');
  for (const called of proto.functions ?? []) {
    for (const [domain, version] of versionsOf(called)) {
      if (domain === '') readable(version, `the function ${called.name ?? ''}`);
      else if (!versions.has(domain)) versions.set(domain, version);
    }
  }
  const graph = readGraph(inlineFunctions(proto, proto.graph, opset), { ...options, opset, versions });
  versions.delete('');
  return {
    graph,
    domains: versions,
    metadata: new Map((proto.metadata_props ?? []).map(({ key = '', value = '' }) => [key, value])),
    producer: [proto.producer_name, proto.producer_version].filter(Boolean).join(' '),
    opset,
    irVersion,
  };
}

const versionsOf = ({ opset_import: imports = [] }: Pick<ModelProto, 'opset_import'>): Map<string, number> =>
  new Map(imports.map(({ domain = '', version = 1 }) => [domain === 'ai.onnx' ? '' : domain, whole(version, 'opset')]));

const whole = (value: Int64, what: string): number =>
  typeof value === 'number' && value >= 0 ? value : malformed(`${value} is not an ${what}`);

/** @throws GraphError 'unsupported-version' */
function readable(opset: number, what: string): void {
  if (opset >= OLDEST_OPSET && opset <= NEWEST_OPSET) return;
  const advice = opset < OLDEST_OPSET ? 'with a newer opset' : `with opset ${OPSET}`;
  throw new GraphError(
    'unsupported-version',
    `${what} is written in opset ${opset}; opsets ${OLDEST_OPSET} to ${NEWEST_OPSET} are read: export it again ${advice}`,
  );
}
