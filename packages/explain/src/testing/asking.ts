import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readNpy } from '@vitrine/data';
import { memory, numbers, readModel, type Graph, type Tensor } from '@vitrine/ir';
import type { Runtime } from '@vitrine/runtime';
import { example, explain, type Example } from '../explain.js';
import type { Explanation } from '../explanation.js';
import { subject } from '../subject.js';
import type { Target } from '../target.js';

const file = (name: string): string => fileURLToPath(new URL(`../../../../golden/captum/${name}`, import.meta.url));
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(file(name)));

/** A question about one example. */
export interface Case {
  readonly ex: Example;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly target: Target;
}
type Inputs = readonly { readonly name: string; readonly file: string }[];

/** A golden case by name. */
export async function goldenCase(name: string, runtime: Runtime): Promise<Case> {
  const spec = JSON.parse(readFileSync(file(`${name}/case.json`), 'utf8')) as {
    readonly inputs: Inputs;
    readonly target: { readonly index: readonly number[] };
  };
  const inputs = new Map(spec.inputs.map((input) => [input.name, readNpy(bytes(`${name}/${input.file}`))]));
  const ex = await example(subject(readModel(memory(bytes(`${name}/model.onnx`))), name, ''), inputs, runtime);
  return { ex, inputs, target: { kind: 'index', index: spec.target.index.slice(1) } };
}

/** A question about a graph. */
export async function caseOf(graph: Graph, runtime: Runtime, inputs: ReadonlyMap<string, Tensor>, target: Target): Promise<Case> {
  const model = { graph, domains: new Map([['com.microsoft', 1]]), metadata: new Map(), producer: '', opset: 23, irVersion: 11 };
  return { ex: await example(subject(model, 'made', ''), inputs, runtime), inputs, target };
}

/** Asks questions of one runtime. */
export const asking =
  (runtime: Runtime) =>
  (
    { ex, inputs, target }: Case,
    method: string,
    options: { readonly [name: string]: unknown } = {},
    more: object = {},
  ): Promise<Explanation> =>
    explain(ex, runtime, { method, inputs, target, options, ...more });

export const listed = (tensor: Tensor): readonly number[] => Array.from(numbers(tensor), Number);
