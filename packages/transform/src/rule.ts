import type { Attrs, Builder, InputPrefix, Inputs, Node, OpType, Ops, Value } from '@vitrine/ir';

/** What a rule knows of the node it passes a backward signal through. */
export interface RuleContext<Op extends OpType = OpType> {
  readonly op: Ops;
  readonly b: Builder;
  readonly node: Node;
  readonly attrs: Attrs<Op>;
  /** Inputs: Conv is [X, W, B?]. */
  readonly x: Inputs<Op, Value>;
  /** First output, and all of them. */
  readonly y: Value;
  readonly ys: readonly (Value | undefined)[];
  /** Signal at the first output, and at each; undefined where none arrives. A rule of an operator with one output can rely on `g`. */
  readonly g: Value;
  readonly gs: readonly (Value | undefined)[];
  /** Whether the signal at input i is asked for. Rules with costly parts ask; what is not needed is dropped anyway. */
  readonly needs: (i: number) => boolean;
  /** The rules of this backward pass, for what a rule writes out and goes back through. */
  readonly rules: RuleSet;
  /** Enters in the books what the rule keeps of the signal, shaped as `g` or summing to it: worked out only where books are kept. */
  readonly absorb: (by: Absorber, amount: () => Value) => void;
  /** Names operator and node. */
  readonly fail: (message: string) => never;
}

/** What takes relevance and gives none back: biases and constants; the ε that keeps a division finite; units nothing reaches. */
export type Absorber = 'bias' | 'stabilizer' | 'dropped';

/**
 * How one operator passes a backward signal (cotangent, relevance, multiplier) to its inputs; null stops it.
 * The driver sums signals down to the shape of their input, so rules may ignore broadcasting.
 */
export type Rule<Op extends OpType = OpType> = (c: RuleContext<Op>) => InputPrefix<Op, Value | null>;
export type RuleTable = { readonly [Op in OpType]?: Rule<Op> };

/** A rule whose operator the table has checked. */
export type AnyRule = (c: RuleContext<never>) => readonly (Value | null | undefined)[];
/** A rule for signals that travel together and decide about each other: a context per signal in, a list per signal out. */
export interface JointRule {
  readonly joint: (cs: readonly RuleContext<never>[]) => readonly (readonly (Value | null | undefined)[])[];
}
/** Chooses a rule by operator, position, name … */
export type RuleSet = (node: Node) => AnyRule | JointRule | undefined;

/** The table as a rule set: the one cast between typed rows and the driver. */
export const fromTable =
  (table: RuleTable): ((node: Node) => AnyRule | undefined) =>
  (node) =>
    (Object.hasOwn(table, node.opType) ? table[node.opType as OpType] : undefined) as AnyRule | undefined;

export const firstOf =
  (...sets: readonly RuleSet[]): RuleSet =>
  (node) => {
    for (const set of sets) {
      const rule = set(node);
      if (rule !== undefined) return rule;
    }
    return undefined;
  };
