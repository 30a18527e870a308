import { attrsOf, type Node } from '@vitrine/ir';
import { linkNamed, refused, whereOf, type Score, type Scorer } from './scorer.js';

/** Weighted sums of columns. */
export interface Linear extends Scorer {
  /** [sums, columns] */
  readonly coefficients: readonly number[];
  readonly columns: number;
}

type Told = Pick<Linear, 'coefficients' | 'scores'> & { readonly sums: number };

const direct = (count: number, intercepts: readonly number[] = []): readonly Score[] =>
  Array.from({ length: count }, (_, k) => ({ of: new Map([[k, 1]]), offset: intercepts[k] ?? 0 }));

function linear(node: Node, post: string, { coefficients, scores, sums }: Told): Linear {
  const where = whereOf(node);
  const columns = coefficients.length / sums;
  if (!Number.isInteger(columns) || columns === 0) refused(`${where} has ${coefficients.length} coefficients for ${sums} scores`);
  const sumsAt = (x: Float64Array): Float64Array =>
    Float64Array.from({ length: sums }, (_, k) => x.reduce((sum, v, i) => sum + coefficients[k * columns + i]! * v, 0));
  return { where, scores, link: linkNamed(post, where), sumsAt, coefficients, columns };
}

export function linearRegressor(node: Node): Linear {
  const { coefficients = [], intercepts, targets, post_transform: post } = attrsOf<'ai.onnx.ml.LinearRegressor'>(node);
  return linear(node, post, { coefficients, scores: direct(targets, intercepts), sums: targets });
}

export function linearClassifier(node: Node): Linear {
  const attrs = attrsOf<'ai.onnx.ml.LinearClassifier'>(node);
  const labels = attrs.classlabels_ints?.length || attrs.classlabels_strings?.length || refused(`${whereOf(node)} has no class labels`);
  return linear(node, attrs.post_transform, { ...attrs, scores: direct(labels, attrs.intercepts), sums: labels });
}
