import { flattened, unflattened } from '../arithmetic.js';
import { baselineOption, baselinesFor } from '../baseline.js';
import { decisionFor, type Decision } from '../decision.js';
import { ExplainError } from '../error.js';
import { collect, explainer, type Found } from '../explainer.js';
import { choice, flag, int, number, text } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import { partitionFor } from '../perturbation/dividing.js';
import { timeAxes } from '../perturbation/series/timeline.js';
import { gradientOf } from '../rows.js';
import { costOf, fista, type Said } from './fista.js';
import { marginProgram, readingOf, type Reading } from './margin.js';
import { snapped } from './snapping.js';
import { elementsOf, spaceFor, type Space } from './space.js';
import { trimmed } from './trimming.js';

/** The least of the weights that are tried, as a share of the one that is given; each is twice the one before. */
const LEAST = 1 / 4;

const options = {
  kind: choice(
    ['negative', 'positive'],
    'negative',
    'what is looked for: the least that must be added for another decision (pertinent negative), or the least that must stay for the same one (pertinent positive)',
  ),
  c: number(1, 'what the decision weighs beside what moves cost, where 1 is the steepest slope of the margin', { min: 1e-6, max: 1e6 }),
  weights: int(6, 'how many weights are tried side by side: a quarter of c, a half, and so on', { min: 1, max: 40 }),
  kappa: number(0, 'by how much the decision must be another, or stay: in units of the score', { min: 0 }),
  beta: number(0.1, 'what |δ| costs beside δ²: more leaves fewer elements that move', { min: 0, max: 1000 }),
  steps: int(100, 'steps of the descent', { min: 1, max: 100_000 }),
  additions: flag(true, 'whether elements of a pertinent negative only move away from the baseline; those of tables move either way'),
  cut: text(
    '',
    'the score at which the decision falls the other way, where the target is no class; unless given 0.5 for one probability, 0 for differences',
  ),
  baseline: baselineOption,
};

/** The least that must be added to an example, or kept of it. Dhurandhar et al. 2018, algorithm 1, without an autoencoder. */
export const cem = explainer({
  name: 'cem',
  title: 'Contrastive explanation (CEM)',
  paper: 'Dhurandhar et al. 2018, arXiv:1802.07623; Beck and Teboulle 2009, SIAM J. Imaging Sciences 2(1)',
  meaning:
    'how far it moves for another decision (pertinent negative), or how much of it stays where that is enough for the same one (pertinent positive)',
  family: 'contrast',
  signed: true,
  rate: true,
  layer: 'none',
  readsOthers: () => true,
  options,
  async explain(q, given): Promise<Found> {
    const { kind, kappa, beta, steps, c, weights, additions, cut, baseline } = given;
    const decision = await decisionFor(q, 'cem', { decision: 'auto', cut });
    if (decision === undefined)
      throw new ExplainError('bad-option', 'cem looks for another decision, and the target is none: explain the class with the highest score, or say with cut= at which score the decision falls the other way'); // prettier-ignore
    const shapes = new Map([...q.x].map(([name, { dims }]) => [name, dims]));
    const groups = groupsOf(q);
    const space = spaceFor(
      {
        x: q.x,
        baselines: baselinesFor({ x: q.x, shapes, random: q.random, axes: timeAxes(q.series) }, baseline),
        oneHots: groups?.oneHots ?? [],
      },
      { kind, additions: additions && groups === undefined },
    );
    const asking = asker(q, decision, space, kind);
    const search = searcher(asking, space, groups?.oneHots ?? [], kind, { kappa, beta });
    await fista(space, { weights: Array.from({ length: weights }, (_, k) => c * LEAST * 2 ** k), beta, kappa, steps }, search.ask);
    const found = search.best();
    const each = groups?.all ?? Array.from({ length: space.size }, (_, i) => [i]);
    const delta = found.reached ? await trimmed(found.delta, each, groups?.oneHots ?? [], search.reaches) : found.delta;
    return told(q, space, kind, decision, { delta, reached: found.reached, reading: await asking.one(delta) });
  },
});

/** Elements that move together: features of a row, and which of these are categories. */
function groupsOf(
  q: Inquiry,
): { readonly all: readonly (readonly number[])[]; readonly oneHots: readonly (readonly number[])[] } | undefined {
  const { parts } = partitionFor(q, 'auto');
  if (!parts.some(({ isCategory }) => isCategory !== undefined)) return undefined;
  const all = parts.map((part) => ({ elements: elementsOf(q.x, part), isCategory: part.isCategory === true }));
  return {
    all: all.map(({ elements }) => elements),
    oneHots: all.filter(({ elements, isCategory }) => isCategory && elements.length > 1).map(({ elements }) => elements),
  };
}

interface Asker {
  many(deltas: readonly Float64Array[]): Promise<readonly (Said & Reading)[]>;
  one(delta: Float64Array): Promise<Reading>;
}

/** What the model says of points; of a pertinent positive the margin is turned round, as there it must not be another decision. */
function asker(q: Inquiry, decision: Decision, { pointAt }: Space, kind: 'negative' | 'positive'): Asker {
  const names = [...q.x.keys()];
  const sign = kind === 'negative' ? 1 : -1;
  const [withSlopes, alone] = [marginProgram(decision, names, 'slopes'), marginProgram(decision, names, 'alone')];
  const turned = (reading: Reading): Reading => ({ ...reading, margin: sign * reading.margin });
  return {
    async many(deltas) {
      const results = await collect(q.evaluate(withSlopes, deltas.map(pointAt), deltas.length));
      return results.map((result) => {
        const slope = flattened(new Map(names.map((name) => [name, gradientOf(result, name)])));
        return { ...turned(readingOf(result)), slope: slope.map((g) => sign * g) };
      });
    },
    async one(delta) {
      const [result] = await collect(q.evaluate(alone, [pointAt(delta)], 1));
      return turned(readingOf(result!));
    },
  };
}

interface Candidate {
  readonly delta: Float64Array;
  readonly reached: boolean;
}

/** Remembers, of all points that are asked about, the one that costs least of those where the decision is as it should be; the nearest where it is nowhere. */
function searcher(
  { many, one }: Asker,
  space: Space,
  oneHots: readonly (readonly number[])[],
  kind: 'negative' | 'positive',
  { kappa, beta }: { readonly kappa: number; readonly beta: number },
) {
  const isReached = (margin: number): boolean => margin < 0 && margin <= -kappa;
  let best: { readonly delta: Float64Array; readonly cost: number } | undefined;
  let nearest = { delta: space.start, margin: Infinity };
  const visit = (delta: Float64Array, margin: number): void => {
    const cost = costOf(delta, beta);
    if (isReached(margin) && !(best !== undefined && best.cost <= cost)) best = { delta: delta.slice(), cost };
    if (margin < nearest.margin) nearest = { delta: delta.slice(), margin };
  };
  return {
    async ask(deltas: readonly Float64Array[]): Promise<readonly Said[]> {
      // Categories are one or another: between them there are no rows.
      const valid = oneHots.length === 0 ? deltas : deltas.map((delta) => snapped(delta, space, oneHots, kind));
      const said = await many(oneHots.length === 0 ? deltas : [...deltas, ...valid]);
      valid.forEach((delta, i) => visit(delta, said[said.length - valid.length + i]!.margin));
      return said.slice(0, deltas.length);
    },
    reaches: async (delta: Float64Array): Promise<boolean> => isReached((await one(delta)).margin),
    best: (): Candidate => ({ delta: best?.delta ?? nearest.delta, reached: best !== undefined }),
  };
}

function told(
  q: Inquiry,
  space: Space,
  kind: 'negative' | 'positive',
  decision: Decision,
  { delta, reached, reading }: Candidate & { readonly reading: Reading },
): Found {
  const isText = q.divisions.size > 0 && groupsOf(q) === undefined;
  const warnings = [...(reached ? [] : [missed(kind)]), ...(isText ? [NO_WORD] : [])];
  const own = decision.kind === 'class' ? decision.target.index.at(-1)! : undefined;
  const isAnother = (kind === 'negative') === reached;
  const after = own === undefined ? undefined : isAnother ? reading.rival : own;
  return {
    attributions: [
      ...unflattened(
        delta.map((d, i) => d * space.unit[i]!),
        q.x,
      ),
    ].map(([at, tensor]) => ({ at, tensor })),
    contrast: {
      kind,
      reached,
      decision: decision.kind === 'class' ? { kind: 'class' } : decision,
      before: { ...(own !== undefined && { class: own }), score: q.score },
      after: { ...(after !== undefined && { class: after }), score: reading.score },
      point: space.pointAt(delta),
      moved: delta.reduce((n, d) => n + Number(d !== 0), 0),
      of: delta.length,
      l1: delta.reduce((sum, d) => sum + Math.abs(d), 0),
      l2: Math.sqrt(delta.reduce((sum, d) => sum + d * d, 0)),
    },
    ...(warnings.length > 0 && { warnings }),
  };
}

/** Of what tokens are looked up as. */
const NO_WORD = 'vectors of words moved to where there may be no word: it tells which words matter, and not which to write in their place';

const missed = (kind: 'negative' | 'positive'): string =>
  kind === 'negative'
    ? 'no pertinent negative was found: nothing that was tried changes the decision, and what is shown came nearest; give a larger c= or more steps=, or let values move either way with additions=no'
    : 'no pertinent positive was found: what is shown came nearest to keeping the decision; give a larger c= or more steps=';
