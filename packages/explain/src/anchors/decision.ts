import { sizeOf } from '@vitrine/ir';
import type { Fetches } from '@vitrine/runtime';
import { ExplainError } from '../error.js';
import { collect } from '../explainer.js';
import type { Kept } from '../explanation.js';
import type { Inquiry, Point } from '../inquiry.js';
import type { Program } from '../program.js';
import { scoreOf, scoreProgram } from '../rows.js';

/** What a rule is to keep. */
export interface Decision {
  readonly kept: Kept;
  readonly program: Program;
  holds(results: Fetches): boolean;
}

export const decisions = ['auto', 'class', 'side', 'score'] as const;

interface Options {
  readonly decision: (typeof decisions)[number];
  readonly cut: string;
  readonly tolerance: number;
}

type Index = Extract<Inquiry['target'], { readonly kind: 'index' }>;

/** Samples that tell how much a score varies. */
const CALIBRATION = 100;

/** What stays the same: the best class, the side of a threshold, or nearly the score. `points` are samples without a rule. @throws ExplainError 'bad-option' */
export async function decisionFor(q: Inquiry, { decision, cut, tolerance }: Options, points: () => Point): Promise<Decision> {
  const { target } = q;
  const limit = limitOf(cut);
  if ((decision === 'auto' && cut === '') || decision === 'class') {
    const isBest = target.kind === 'index' && (await bestClass(q, target)) === target.index.at(-1);
    if (isBest) return ofClass(target);
    if (decision === 'class')
      throw new ExplainError(
        'bad-option',
        'anchors: decision=class keeps the class with the highest score, and the target is none: use side or score',
      );
  }
  const usual = limit ?? usualCut(q);
  if (decision === 'side' || (decision === 'auto' && usual !== undefined)) return ofSide(q.score, usual ?? SPLIT);
  return ofScore(q.score, tolerance > 0 ? tolerance : (await deviation(q, points)) / 2);
}

function limitOf(cut: string): number | undefined {
  if (cut === '') return undefined;
  const read = Number(cut);
  if (Number.isFinite(read)) return read;
  throw new ExplainError('bad-option', `anchors: option cut must be a number, not ${cut}`);
}

/** Where a probability decides. */
const SPLIT = 0.5;
/** Operators that make a probability of a score. */
const SQUASHING: ReadonlySet<string> = new Set(['Sigmoid', 'HardSigmoid']);

/** The score at which a decision falls the other way; undefined where nothing tells. */
function usualCut(q: Inquiry): number | undefined {
  const { target } = q;
  if (target.kind === 'difference') return 0;
  if (target.kind !== 'index') return undefined;
  const graph = q.model();
  const name = target.output ?? graph.outputs[0]!.name;
  const last = graph.nodes.find(({ outputs }) => outputs.some((v) => v?.name === name));
  return last !== undefined && SQUASHING.has(last.opType) ? SPLIT : undefined;
}

const ofSide = (score: number, cut: number): Decision => ({
  kept: { kind: 'side', cut, above: score > cut },
  program: scoreProgram,
  holds: (results) => scoreOf(results) > cut === score > cut,
});

const ofScore = (score: number, tolerance: number): Decision => ({
  kept: { kind: 'score', low: score - tolerance, high: score + tolerance },
  program: scoreProgram,
  holds: (results) => Math.abs(scoreOf(results) - score) <= tolerance,
});

const ofClass = (target: Index): Decision => ({
  kept: { kind: 'class' },
  program: classProgram(target),
  holds: (results) => classOf(results) === target.index.at(-1),
});

const classOf = (results: Fetches): number => Number(results.get('best')!.data[0]);

/** The class with the highest score where the target lies; undefined where there is one number only. */
async function bestClass(q: Inquiry, target: Index): Promise<number | undefined> {
  const [results] = await collect(q.evaluate(classProgram(target), [q.x], 1));
  return Number(results!.get('classes')!.data[0]) > 1 ? classOf(results!) : undefined;
}

/** The number of the highest score of each example: [B]. */
const classProgram = ({ index, fed }: Index): Program => ({
  key: 'class',
  write({ op, b, ends: [y], batch }) {
    const shape = y!.type.shape as readonly number[];
    const dims = shape[0] === batch ? shape.slice(1) : shape;
    const classes = dims.at(-1) ?? 1;
    // An output that is fed its place has no other.
    const place = fed !== undefined || dims.length < 2 ? [] : index.slice(-dims.length, -1);
    const at = place.reduce((sum, i, axis) => sum * dims[axis]! + i, 0);
    const rows = op.Reshape(y!, b.ints([batch, sizeOf(dims) / classes, classes]));
    const row = op.Gather(rows, b.ints([at]), { axis: 1 });
    const best = op.ArgMax(op.Reshape(row, b.ints([batch, classes])), { axis: 1, keepdims: 0 });
    return { best, classes: op.Expand(b.ints([classes]), b.ints([batch])) };
  },
});

async function deviation(q: Inquiry, points: () => Point): Promise<number> {
  const drawn = Array.from({ length: CALIBRATION }, points);
  const scores = (await collect(q.evaluate(scoreProgram, drawn, CALIBRATION))).map(scoreOf);
  const mean = scores.reduce((a, s) => a + s, 0) / CALIBRATION;
  return Math.sqrt(scores.reduce((a, s) => a + (s - mean) ** 2, 0) / (CALIBRATION - 1));
}
