import type { Node } from '@vitrine/ir';
import { probabilities } from '../arithmetic.js';
import { ExplainError } from '../error.js';

/** A model of ai.onnx.ml that makes sums of its columns, and scores of the sums. */
export interface Scorer {
  /** Operator and node, for messages. */
  readonly where: string;
  /** For each element of its output. */
  readonly scores: readonly Score[];
  readonly link: Link;
  /** x: [columns of its input] */
  sumsAt(x: Float64Array): Float64Array;
}

/** A score before the link: what each sum counts in it, and what is added. */
export interface Score {
  readonly of: ReadonlyMap<number, number>;
  readonly offset: number;
}

const logistic = (s: number): number => 1 / (1 + Math.exp(-s));

/** What becomes of scores, by ONNX's name. */
export const links = {
  NONE: (scores) => scores,
  LOGISTIC: (scores) => scores.map(logistic),
  SOFTMAX: (scores) => Array.from(probabilities(scores)),
} as const satisfies { readonly [name: string]: (scores: readonly number[]) => readonly number[] };

export type Link = keyof typeof links;

export const linkNamed = (name: string, where: string): Link =>
  Object.hasOwn(links, name)
    ? (name as Link)
    : refused(
        `${where} transforms its scores by ${name}, and scores before it are known for ${Object.keys(links).join(', ')}: use kernel-shap`,
      );

export const scoreOf = ({ of, offset }: Score, sums: Float64Array): number =>
  [...of].reduce((total, [column, weight]) => total + weight * sums[column]!, offset);

/** What the model gives for sums, as its scores are read here. */
export const given = ({ scores, link }: Scorer, sums: Float64Array): readonly number[] =>
  links[link](scores.map((score) => scoreOf(score, sums)));

/** @throws ExplainError 'unsupported-trees' */
export const refused = (message: string): never => {
  throw new ExplainError('unsupported-trees', message);
};

export const whereOf = ({ opType, name }: Node): string => `${opType} (at ${name})`;
