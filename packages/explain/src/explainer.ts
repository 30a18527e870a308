import type { Node, Tensor, Value } from '@vitrine/ir';
import type { Attribution, ChannelRelevance, Conservation, Contrast, LayerRelevance, Measured, Parts, Rule } from './explanation.js';
import type { Fields, OptionsOf } from './field.js';
import type { Inquiry, Point } from './inquiry.js';
import type { Frame, Program } from './program.js';
import type { Resolved } from './target.js';

/** What an explainer found. */
export interface Found {
  readonly attributions: readonly Attribution[];
  /** What the attributions should add up to, where the method promises it. */
  readonly expected?: number;
  /** The explained number, where it is another than the target's: a score before what makes it a probability. */
  readonly score?: number;
  readonly warnings?: readonly string[];
  readonly conservation?: readonly Conservation[];
  readonly channels?: readonly ChannelRelevance[];
  readonly layers?: readonly LayerRelevance[];
  readonly parts?: Parts;
  readonly fidelity?: readonly Measured[];
  readonly rule?: Rule;
  readonly contrast?: Contrast;
}

/** What a method has learned from a background. */
export interface Learnt {
  /** The attributed values that the program is written for. */
  readonly at: readonly string[];
  readonly program: Program;
  readonly fidelity: readonly Measured[];
  readonly warnings: readonly string[];
}

/** Answers at points of the attributed values, and of what is fed beside them; the model gives `scores` there. */
export type AtPoints = (points: readonly Point[], scores: readonly number[]) => Promise<readonly Found[]>;

/** One method. Its row in the table is all that the command line, the library and the documentation know of it. */
export interface Explainer<F extends Fields = Fields> {
  readonly name: string;
  readonly title: string;
  /** Author, year and place. */
  readonly paper: string;
  /** What the numbers mean, in one sentence for the reader of a report. */
  readonly meaning: string;
  readonly family: 'gradient' | 'path' | 'cam' | 'layer' | 'relevance' | 'attention' | 'perturbation' | 'surrogate' | 'trees' | 'contrast';
  /** Whether values below zero mean something. */
  readonly signed: boolean;
  /** Its numbers are rates of change: over the vector of a token they add up to nothing in particular, and their length is told. */
  readonly rate?: true;
  /** What `--layer` is to it: not taken, chosen automatically (the last spatial value, or the last whose channels are no classes), or to be named. */
  readonly layer: 'none' | 'spatial' | 'features' | 'named';
  /** Walks along words: only values that tokens are looked up as can be explained. */
  readonly words?: true;
  /** Asks for no gradient, and so works where a rule is missing. */
  readonly forwardOnly?: true;
  /** Whether it looks at elements of an output that the target does not name: answers that were not given. */
  readsOthers?(options: OptionsOf<F>): boolean;
  /** It learns from a background, and answers nothing without: so many rows of a table are drawn unless said otherwise. */
  readonly learnsFrom?: number;
  /** Operators of which it needs one: it works on no others. */
  readonly operators?: readonly string[];
  readonly options: F;
  /** What it does at an operator, by name, where it has rules of its own: undefined where it has none. */
  ruleAt?(options: OptionsOf<F>): (node: Pick<Node, 'opType' | 'name'>) => string | undefined;
  explain(q: Inquiry, options: OptionsOf<F>): Promise<Found>;
  /** Attributions at other points, in order, where a method has a batch of them for the price of one run. */
  each?(q: Inquiry, options: OptionsOf<F>, points: Iterable<Point>, count: number): AsyncIterable<readonly Attribution[]>;
  /** Answers the question at other points, where that is faster than asking it anew for each. */
  atPoints?(q: Inquiry, options: OptionsOf<F>): Promise<AtPoints>;
  /** Learns what answers are read off, as one graph like that of `compile`. */
  learn?(q: Inquiry, options: OptionsOf<F>): Promise<Learnt>;
  /** The whole method as one graph from the attributed values to attributions, where it is one. */
  compile?(q: CompileInquiry, options: OptionsOf<F>): Program;
}

/** What is known of a question before there is an example. */
export interface CompileInquiry {
  readonly at: readonly string[];
  readonly layer: string | undefined;
  readonly random: (label: string) => () => number;
  readonly target?: Resolved;
  /** Shapes of the attributed values, for one example. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** A row of the table, its options typed. */
export const explainer = <F extends Fields>(row: Explainer<F>): Explainer<F> => row;

export const ATTRIBUTION = 'attribution/';
/** Between a value's name and the part of the attribution, as in `attribution/data#positive`. */
export const PART = '#part=';

/** The layer a method works on. */
export interface Layered {
  readonly layer: string | undefined;
}

type Single<F extends Fields> = Omit<Explainer<F>, 'explain' | 'compile'> & {
  /** One attribution per name; names of inner values may be among them. */
  readonly write: (f: Frame, options: OptionsOf<F>, q: Layered) => { readonly [at: string]: Value };
  /** What the attributions should add up to. */
  readonly sumsTo?: (q: Inquiry) => number;
};

/** A method that is one run of one graph: the graph computes the attribution itself. */
export function single<F extends Fields>({ write, sumsTo, ...row }: Single<F>): Explainer<F> {
  const program = (options: OptionsOf<F>, q: Layered): Program => ({
    key: `${row.name}:${JSON.stringify(options)}:${q.layer ?? ''}`,
    ...(q.layer === undefined ? {} : { layers: [q.layer] }),
    write: (f) => Object.fromEntries(Object.entries(write(f, options, q)).map(([at, value]) => [ATTRIBUTION + at, value])),
  });
  return {
    ...row,
    async explain(q, options) {
      const [result] = await collect(q.evaluate(program(options, q), [q.x], 1));
      return { attributions: attributionsIn(result!), ...(sumsTo && { expected: sumsTo(q) }) };
    },
    each: (q, options, points, count) => attributionsAt(q, program(options, q), points, count),
    compile: (q, options) => program(options, q),
  };
}

/** The attributions that a program computes, point by point. */
export async function* attributionsAt(
  q: Inquiry,
  program: Program,
  points: Iterable<Point>,
  count: number,
): AsyncIterable<readonly Attribution[]> {
  for await (const results of q.evaluate(program, points, count)) yield attributionsIn(results);
}

/** The attributions among a run's results. */
export const attributionsIn = (results: ReadonlyMap<string, Tensor>): readonly Attribution[] =>
  [...results]
    .filter(([name]) => name.startsWith(ATTRIBUTION))
    .map(([name, tensor]) => {
      const [at, part] = name.slice(ATTRIBUTION.length).split(PART) as [string, string?];
      return { at, tensor, ...(part !== undefined && { part }) };
    });

export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
