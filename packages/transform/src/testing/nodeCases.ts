import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { memory, readModel, tensorFromFile, type Graph, type Tensor } from '@vitrine/ir';

/** One of the ONNX standard's operator tests: a model, inputs, and what should come out. */
export interface NodeCase {
  readonly name: string;
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, Tensor>;
  readonly expected: ReadonlyMap<string, Tensor>;
}

interface Packed {
  readonly name: string;
  readonly model: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const file = new URL('../../testdata/nodeCases.json.gz', import.meta.url);
const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));
const tensors = (packed: readonly string[]): readonly Tensor[] => packed.map((text) => tensorFromFile(memory(bytes(text))));

/** The cases by name; reading one may throw. */
export function nodeCases(): ReadonlyMap<string, () => NodeCase> {
  const packed = JSON.parse(gunzipSync(readFileSync(file)).toString()) as readonly Packed[];
  return new Map(packed.map((one) => [one.name, () => unpacked(one)]));
}

function unpacked({ name, model, inputs, outputs }: Packed): NodeCase {
  const { graph } = readModel(memory(bytes(model)));
  const [given, expected] = [tensors(inputs), tensors(outputs)];
  return {
    name,
    graph,
    feeds: new Map(graph.inputs.map((value, i) => [value.name, given[i]!])),
    expected: new Map(graph.outputs.map((value, i) => [value.name, expected[i]!])),
  };
}
