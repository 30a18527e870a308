import { sizeOf, type Value } from '@vitrine/ir';
import { ExplainError } from './error.js';
import { collect } from './explainer.js';
import type { Kept } from './explanation.js';
import type { Inquiry } from './inquiry.js';
import type { Frame, Program } from './program.js';

type Index = Extract<Inquiry['target'], { readonly kind: 'index' }>;

/** What a model decides: the class with the highest score, or on which side of a threshold the score lies. */
export type Decision = { readonly kind: 'class'; readonly target: Index } | Extract<Kept, { readonly kind: 'side' }>;

interface Asked {
  readonly decision: 'auto' | 'class' | 'side';
  /** The threshold, as it was given. */
  readonly cut: string;
}

/**
 * The decision that a target speaks of: the best class, the side of a half for one probability, the sign of a difference; undefined where it speaks of none.
 * @throws ExplainError 'bad-option' naming the method
 */
export async function decisionFor(q: Inquiry, method: string, { decision, cut }: Asked): Promise<Decision | undefined> {
  const { target } = q;
  const limit = limitOf(method, cut);
  if ((decision === 'auto' && cut === '') || decision === 'class') {
    const isBest = target.kind === 'index' && (await bestClass(q, target)) === target.index.at(-1);
    if (isBest) return { kind: 'class', target };
    if (decision === 'class')
      throw new ExplainError(
        'bad-option',
        `${method}: decision=class is about the class with the highest score, and the target is none: use decision=side`,
      );
  }
  const usual = limit ?? usualCut(q) ?? (decision === 'side' ? SPLIT : undefined);
  return usual === undefined ? undefined : { kind: 'side', cut: usual, above: q.score > usual };
}

function limitOf(method: string, cut: string): number | undefined {
  if (cut === '') return undefined;
  const read = Number(cut);
  if (Number.isFinite(read)) return read;
  throw new ExplainError('bad-option', `${method}: option cut must be a number, not ${cut}`);
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

/** Where the scores of all classes lie that a target is one of. */
export interface Classes {
  /** The output. */
  readonly output: Value;
  /** Rows of classes in it, the one that the target is of, and how many classes one has. */
  readonly count: number;
  readonly row: number;
  readonly classes: number;
  /** The scores of each example: [B,C]. */
  readonly scores: Value;
}

/** The classes that a target is one of. */
export function classesAt({ op, b, ends: [y], batch }: Frame, { index, fed }: Index): Classes {
  const shape = y!.type.shape as readonly number[];
  const dims = shape[0] === batch ? shape.slice(1) : shape;
  const classes = dims.at(-1) ?? 1;
  const count = sizeOf(dims) / classes;
  // An output that is fed its place has no other.
  const place = fed !== undefined || dims.length < 2 ? [] : index.slice(-dims.length, -1);
  const row = place.reduce((sum, i, axis) => sum * dims[axis]! + i, 0);
  const rows = op.Reshape(y!, b.ints([batch, count, classes]));
  const scores = op.Reshape(op.Gather(rows, b.ints([row]), { axis: 1 }), b.ints([batch, classes]));
  return { output: y!, count, row, classes, scores };
}

/** The number of the highest score of each example: [B]. */
export const classProgram = (target: Index): Program => ({
  key: `class:${JSON.stringify(target)}`,
  write(f) {
    const { classes, scores } = classesAt(f, target);
    const best = f.op.ArgMax(scores, { axis: 1, keepdims: 0 });
    return { best, classes: f.op.Expand(f.b.ints([classes]), f.b.ints([f.batch])) };
  },
});

export const classOf = (results: ReadonlyMap<string, { readonly data: ArrayLike<unknown> }>): number =>
  Number(results.get('best')!.data[0]);

/** The class with the highest score where the target lies; undefined where there is one number only. */
async function bestClass(q: Inquiry, target: Index): Promise<number | undefined> {
  const [results] = await collect(q.evaluate(classProgram(target), [q.x], 1));
  return Number(results!.get('classes')!.data[0]) > 1 ? classOf(results!) : undefined;
}
