import type { Runtime } from '@vitrine/runtime';
import { ExplainError } from './error.js';
import { ask, explainerNamed, type Example, type Request } from './explain.js';
import type { Learnt } from './explainer.js';
import { optionsFor } from './field.js';

/** Lets a method learn what its answers are read off; the example tells shapes and kinds only. @throws ExplainError where the method does not learn so */
export async function learn(ex: Example, runtime: Runtime, request: Request): Promise<Learnt> {
  const row = explainerNamed(request.method);
  if (row.learn === undefined) throw new ExplainError('not-compilable', `${row.name} learns nothing that could be written as a graph`);
  const options = optionsFor(row.name, row.options, request.options ?? {});
  const { q } = await ask(ex, runtime, row, request, options);
  return row.learn(q, options);
}
