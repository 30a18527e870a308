import type { Tensor } from '@vitrine/ir';
import { checkBudget, price, type Runtime } from '@vitrine/runtime';
import { ExplainError } from './error.js';
import type { Example } from './explain.js';
import type { Limits } from './inquiry.js';
import type { Asked } from './pointed.js';
import { build, type Program } from './program.js';
import { scoreOf } from './rows.js';
import { scoreFrom } from './score.js';
import type { Resolved } from './target.js';

/** The attributed values and the score at the example. */
export async function valuesAt(
  { subject: { model }, outputs }: Example,
  target: Resolved,
  { graphAt, target: fed, feeds }: Asked,
  at: readonly string[],
  runtime: Runtime,
  { memoryBytes }: Limits,
): Promise<{ readonly values: ReadonlyMap<string, Tensor>; readonly score: number }> {
  const known = scoreFrom(target, outputs);
  const inner = at.filter((name) => !feeds.has(name));
  const program: Program = {
    key: 'values',
    layers: at,
    write: (f) => ({
      ...(known === undefined && { score: f.score }),
      ...Object.fromEntries(inner.map((name) => [`value/${name}`, f.op.Identity(f.value(name))])),
    }),
  };
  const results = known !== undefined && inner.length === 0 ? new Map<string, Tensor>() : await ran();
  async function ran(): Promise<ReadonlyMap<string, Tensor>> {
    const built = build({ graph: graphAt(1), at: [], target: fed, batch: 1 }, program);
    checkBudget(price(built), memoryBytes);
    const session = await runtime.open(built, { domains: model.domains });
    return session.run(new Map(built.inputs.map(({ name }) => [name, feeds.get(name)!])));
  }
  const score = known ?? scoreOf(results);
  if (!Number.isFinite(score)) throw new ExplainError('not-finite', `the explained number is ${score}, so there is nothing to explain`);
  return { score, values: new Map(at.map((name) => [name, feeds.get(name) ?? results.get(`value/${name}`)!])) };
}
