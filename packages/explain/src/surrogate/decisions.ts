import { isStatic, valuesByName } from '@vitrine/ir';
import { floats, probabilities } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import type { Measured } from '../explanation.js';
import { collect } from '../explainer.js';
import type { Inquiry, Point } from '../inquiry.js';
import type { Program } from '../program.js';
import { binaryCrossEntropy, crossEntropy, squaredError, type Loss } from '../training/losses.js';

/** What a model says of examples, as something that can be learned. */
export interface Decisions {
  readonly kind: keyof typeof kinds;
  readonly width: number;
  /** Whether the model gives probabilities itself. */
  readonly areShares: boolean;
  /** Of numbers: what was subtracted from them, and what they were divided by. */
  readonly centre: number;
  readonly scale: number;
}

type Says = (scores: Float32Array) => ArrayLike<number>;

/** How one kind of decision is learned, told and judged. */
interface Kind {
  readonly loss: Loss;
  /** What a network's scores [width] say, in the terms of the decision. */
  readonly says: Says;
  /** How well `told` does on what is so, [rows, width] each; `base` is what a constant achieves. */
  readonly judge: (so: Matrix, told: Matrix) => readonly Judged[];
}

export type Matrix = readonly ArrayLike<number>[];
interface Judged {
  readonly name: string;
  readonly value: number;
  /** What knowing nothing of the example achieves. */
  readonly base: number;
}

const logistic = (s: number): number => 1 / (1 + Math.exp(-s));
const shareOf = (list: readonly boolean[]): number => list.filter(Boolean).length / list.length;
const argmax = (values: ArrayLike<number>): number => Array.from(values).reduce((best, v, i, all) => (v > all[best]! ? i : best), 0);
const most = (list: readonly number[]): number => {
  const counts = new Map<number, number>();
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1);
  return Math.max(...counts.values()) / list.length;
};
const accuracy = (so: readonly number[], told: readonly number[]): Judged => ({
  name: 'accuracy',
  value: shareOf(so.map((one, i) => one === told[i])),
  base: most(so),
});

export const kinds = {
  /** One of several classes, by their probabilities. */
  classes: {
    loss: crossEntropy,
    says: (scores) => probabilities(scores),
    judge: (so, told) => [
      accuracy(so.map(argmax), told.map(argmax)),
      ...(so[0]!.length === 2 ? rankingOf(so.map((p) => argmax(p) === 1), told.map((p) => p[1]!)) : []), // prettier-ignore
    ],
  },
  /** Yes or no, once or several times. */
  answers: {
    loss: binaryCrossEntropy,
    says: (scores) => scores.map(logistic),
    judge(so, told) {
      const [all, said] = [so.flatMap((p) => Array.from(p)), told.flatMap((p) => Array.from(p))];
      const isYes = all.map((p) => p > 0.5);
      // Where all are decided alike, how sure the model is can be told all the same.
      if (most(isYes.map(Number)) === 1) return [shareTold(all, said)];
      return [accuracy(isYes.map(Number), said.map((p) => Number(p > 0.5))), ...rankingOf(isYes, said)]; // prettier-ignore
    },
  },
  number: {
    loss: squaredError,
    says: (scores) => scores,
    judge: (so, told) => [shareTold(so.map((v) => v[0]!), told.map((v) => v[0]!))], // prettier-ignore
  },
} as const satisfies { readonly [kind: string]: Kind };

function shareTold(so: readonly number[], told: readonly number[]): Judged {
  const mean = so.reduce((sum, v) => sum + v, 0) / so.length;
  const total = so.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { name: 'R²', value: total > 0 ? 1 - so.reduce((sum, v, i) => sum + (v - told[i]!) ** 2, 0) / total : 0, base: 0 };
}

/** Area under the curve: how often an example that is so is ranked above one that is not. Nothing where all are alike. */
function rankingOf(so: readonly boolean[], told: readonly number[]): readonly Judged[] {
  const [yes, no] = [told.filter((_, i) => so[i]), told.filter((_, i) => !so[i])];
  if (yes.length === 0 || no.length === 0) return [];
  const above = yes.reduce((sum, p) => sum + no.reduce((n, other) => n + (p > other ? 1 : p === other ? 0.5 : 0), 0), 0);
  return [{ name: 'AUROC', value: above / yes.length / no.length, base: 0.5 }];
}

/** A target that is one of an output's scores is learned with all of them, so that every class of it is explained by one training. */
export function isWhole({ target, graph }: Inquiry): boolean {
  if (target.kind !== 'index') return false;
  const whole = graph();
  const end = target.output === undefined ? whole.outputs[0] : valuesByName(whole).get(target.output);
  const shape = end?.type.shape;
  return isStatic(shape) && shape.length > 0 && shape.filter((dim) => dim > 1).length <= 1;
}

/** What decides what is learned, beside the examples. */
export const learnedOf = (q: Inquiry): object => (isWhole(q) && q.target.kind === 'index' ? { output: q.target.output ?? '' } : q.target);

/** What the model says of points: [points][width]. @throws ExplainError 'not-finite' */
export async function saidOf(q: Inquiry, points: Iterable<Point>, count: number): Promise<readonly Float32Array[]> {
  const whole = isWhole(q);
  const program: Program = {
    key: whole ? 'decisions' : 'decisions/score',
    write: (f) => ({ says: f.op.Reshape(whole ? f.ends[0]! : f.score, f.b.ints([f.batch, -1])) }),
  };
  const rows = (await collect(q.evaluate(program, points, count))).map((results) => Float32Array.from(floats(results.get('says')!)));
  const bad = rows.findIndex((row) => !row.every(Number.isFinite));
  if (bad >= 0)
    throw new ExplainError('not-finite', `of example ${bad} of the background the model says what is no finite number: leave it out`);
  return rows;
}

/** How what a model says is to be taken, from what it says of many examples. */
export function decisionsIn(rows: readonly Float32Array[]): Decisions {
  const width = rows[0]!.length;
  const isShare = rows.every((row) => row.every((v) => v >= 0 && v <= 1));
  const sumsToOne = rows.every((row) => Math.abs(row.reduce((a, b) => a + b, 0) - 1) < 1e-3);
  const plain = { width, centre: 0, scale: 1 };
  if (isShare && width > 1 && sumsToOne) return { kind: 'classes', areShares: true, ...plain };
  if (isShare) return { kind: 'answers', areShares: true, ...plain };
  if (width > 1) return { kind: 'classes', areShares: false, ...plain };
  const centre = rows.reduce((sum, row) => sum + row[0]! / rows.length, 0);
  const scale = Math.sqrt(rows.reduce((sum, row) => sum + (row[0]! - centre) ** 2 / rows.length, 0)) || 1;
  return { kind: 'number', areShares: false, width, centre, scale };
}

/** What a model says of an example, as it is learned. */
export const inTerms = ({ kind, areShares, centre, scale }: Decisions, row: ArrayLike<number>): ArrayLike<number> =>
  areShares ? row : kind === 'classes' ? probabilities(row) : Array.from(row, (v) => (v - centre) / scale);

/** The explained number in what is said of one example: [width] in the decision's own terms. */
export function explainedIn(q: Inquiry, { kind, width, centre, scale }: Decisions, said: ArrayLike<number>): number {
  if (kind === 'number') return centre + scale * said[0]!;
  return said[width > 1 && q.target.kind === 'index' ? Math.max(...q.target.index) : 0]!;
}

/** Half of the way from what knowing nothing achieves to all. */
const POOR = 0.5;

/** How well held-out decisions are told, and what is to be said where that is badly. `so`, `told`: [rows][width] */
export function judged(
  { kind }: Decisions,
  so: Matrix,
  told: Matrix,
  by: string,
): { readonly fidelity: readonly Measured[]; readonly base: number; readonly isPoor: boolean } {
  const found = kinds[kind].judge(so, told);
  const known = (base: number): string => (base === 0 ? '' : ` (knowing nothing: ${base.toFixed(2)})`);
  const { value, base } = found[0]!;
  return {
    fidelity: found.map((one) => ({ name: one.name, value: one.value, on: `${so.length} held-out examples, ${by}${known(one.base)}` })),
    base,
    isPoor: base === 1 || (value - base) / (1 - base) < POOR,
  };
}
