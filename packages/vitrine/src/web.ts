import {
  example,
  explain as explainExample,
  parseTarget,
  subject,
  type Explanation,
  type Request,
  type Subject,
  type Target,
} from '@vitrine/explain';
import { memory, readModel, type Tensor } from '@vitrine/ir';
import { caching, sha256, type Runtime } from '@vitrine/runtime';
import { webRuntime, type WebRuntimeOptions } from '@vitrine/runtime/web';

/** A model in the page. */
export interface WebModel {
  readonly subject: Subject;
  readonly runtime: Runtime;
  readonly labels: readonly string[] | undefined;
}

export interface WebQuestion extends Omit<Request, 'inputs' | 'target' | 'labels'> {
  readonly target?: string | Target;
}

/** Opens a model's bytes, to be explained on onnxruntime-web. @throws GraphError, RuntimeError */
export async function load(
  bytes: Uint8Array,
  options: WebRuntimeOptions & { readonly name?: string; readonly labels?: readonly string[] } = {},
): Promise<WebModel> {
  const { name = 'model', labels, ...runtime } = options;
  return { subject: subject(readModel(memory(bytes)), name, await sha256(bytes)), runtime: caching(await webRuntime(runtime)), labels };
}

/** Answers one question about one example. @throws ExplainError, RuntimeError */
export async function explain(
  { subject: model, runtime, labels }: WebModel,
  inputs: ReadonlyMap<string, Tensor>,
  { target, ...question }: WebQuestion,
): Promise<Explanation> {
  const ex = await example(model, inputs, runtime, question.limits);
  return explainExample(ex, runtime, {
    ...question,
    inputs,
    labels,
    target: typeof target === 'string' ? parseTarget(target, { labels }) : target,
  });
}

export { explainers, parseTarget, survey, type Explanation, type Target } from '@vitrine/explain';
export * from '@vitrine/data';
