import { baselines } from '@vitrine/data';
import type { Tensor } from '@vitrine/ir';
import { checkBudget, price } from '@vitrine/runtime';
import { ExplainError } from './error.js';
import type { Example } from './explain.js';
import type { Explainer } from './explainer.js';
import type { Inquiry, Point } from './inquiry.js';
import { named } from './named.js';
import { comparisons, removals } from './perturbation/removal.js';
import { build } from './program.js';
import { checkedFeeds } from './subject.js';
import type { Resolved } from './target.js';

/** What may stand in for what an example shows, as inputs of the model: a text whose words are all the mask token. */
export interface StandIn {
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** Whether the attributed values are looked up from these inputs. If not, the inputs themselves change. */
  readonly looksUp: boolean;
}

/** A question about an example, and its target as the model's own graph has it. */
export interface Asked {
  readonly ex: Example;
  readonly q: Inquiry;
  readonly target: Resolved;
}

const [AUTO, MASK] = ['auto', 'mask'];

/**
 * Options with stand-ins filled in: where a baseline is named after one, the values that the model looks up from it. `auto` is the
 * mask token where there is one and the attributed values are those of tokens (along words any other such token), else the rows of the
 * background where there are some, else zero.
 * `options` is what was meant, by name. @throws ExplainError 'bad-option' for a name that stands for nothing here
 */
export async function withStandIns<O extends { readonly [name: string]: unknown }>(
  asked: Asked,
  { options: fields, words }: Pick<Explainer, 'options' | 'words'>,
  given: O,
  standIns: ReadonlyMap<string, StandIn> = new Map(),
): Promise<{ readonly options: O; readonly filled: O }> {
  const { q } = asked;
  const byToken = q.divisions.values().next().value?.(q.x) !== undefined;
  // A walk along words starts better at any token than at zero, where networks that divide by a vector's length have no slope to speak of.
  const tokens = [...standIns].flatMap(([name, { looksUp }]) => (looksUp && (words || name === MASK) ? [name] : []));
  const usual = (byToken ? tokens[0] : undefined) ?? (given['background'] === undefined ? 'zero' : 'background');
  const names = Object.keys(fields).filter((name) => fields[name]!.kind === 'baseline');
  const options = Object.fromEntries(names.flatMap((name) => (given[name] === AUTO ? [[name, usual]] : [])));
  const meant: O = { ...given, ...options };
  const filled: { [name: string]: Point } = {};
  for (const name of names) {
    const standIn = typeof meant[name] === 'string' ? standIns.get(meant[name]) : undefined;
    if (standIn === undefined && standIns.size > 0) checkKnown(meant[name], standIns);
    if (standIn?.looksUp === false && (words || fields[name]!.default !== AUTO))
      throw new ExplainError(
        'bad-option',
        `${String(meant[name])} hides tokens and gives no point to start from: use it with methods that take parts away, as occlusion`,
      );
    if (standIn !== undefined) filled[name] = await pointOf(asked, standIn);
  }
  return { options: meant, filled: { ...meant, ...filled } };
}

function checkKnown(given: unknown, standIns: ReadonlyMap<string, StandIn>): void {
  if (typeof given !== 'string') return;
  const { name } = named(given) ?? { name: given };
  if (Object.hasOwn(baselines, name) || Object.hasOwn(removals, name) || Object.hasOwn(comparisons, name)) return;
  const names = [...standIns.keys(), ...Object.keys(baselines)].join(', ');
  throw new ExplainError('bad-option', `there is no baseline called ${given} for this text: use ${names}, a number or a .npy file`);
}

async function pointOf({ ex: { subject, feeds, shaped }, q, target }: Asked, { inputs, looksUp }: StandIn): Promise<Point> {
  const changed = checkedFeeds(subject, new Map([...feeds, ...inputs]));
  if (!looksUp) return new Map([...inputs.keys()].map((name) => [name, changed.get(name)!]));
  const at = [...q.x.keys()];
  const graph = build(
    { graph: shaped.graphAt(1), at: [], target, batch: 1 },
    { key: 'values', layers: at, write: (f) => Object.fromEntries(at.map((name) => [`value/${name}`, f.op.Identity(f.value(name))])) },
  );
  checkBudget(price(graph), q.limits.memoryBytes);
  const session = await q.runtime.open(graph, { domains: subject.model.domains });
  const results = await session.run(new Map(graph.inputs.map(({ name }) => [name, changed.get(name)!])));
  return new Map(at.map((name) => [name, results.get(`value/${name}`)!]));
}
