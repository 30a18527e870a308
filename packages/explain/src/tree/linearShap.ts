import type { Node } from '@vitrine/ir';
import { explainer } from '../explainer.js';
import { asked } from './asked.js';
import { linearClassifier, linearRegressor, type Linear } from './linear.js';
import { columnsOf } from './parts.js';
import { playersIn } from './players.js';
import { backgroundOption, pointsIn, spread } from './treeShap.js';
import { refused } from './scorer.js';

/** Linear models, by operator. */
export const linearOperators: { readonly [opType: string]: (node: Node) => Linear } = {
  'ai.onnx.ml.LinearRegressor': linearRegressor,
  'ai.onnx.ml.LinearClassifier': linearClassifier,
};

/** A coefficient times how far its column is from the mean of the background. */
export const linearShap = explainer({
  name: 'linear-shap',
  title: 'Linear SHAP',
  paper: 'Lundberg and Lee 2017, section 4.2, arXiv:1705.07874; Štrumbelj and Kononenko 2014, Knowledge and Information Systems 41',
  meaning: "this column's part in the difference between the linear model's sum here and its mean over the background",
  family: 'trees',
  signed: true,
  layer: 'none',
  forwardOnly: true,
  operators: Object.keys(linearOperators),
  options: { background: { ...backgroundOption, doc: `${backgroundOption.doc}; a row of zeros unless given` } },
  async explain(q, { background }) {
    const question = await asked(q, linearOperators, 'linear model');
    const { players, owners, warnings } = playersIn(question, q, false);
    const blank = new Map(
      [...q.x].map(([name, { dims, data }]) => [name, { dtype: 'float32', dims, data: new Float32Array(data.length) } as const]),
    );
    const rows = await question.rowsOf(background === undefined ? [blank] : pointsIn(q, background));
    const values = new Float64Array(owners.length);
    let expected = question.base;
    for (const { scorer, start, weights } of question.parts)
      for (let i = 0; i < scorer.columns; i++) {
        const column = start + i;
        const mean = rows.reduce((sum, row) => sum + row[column]!, 0) / rows.length;
        const slope = [...weights].reduce((sum, [k, weight]) => sum + weight * scorer.coefficients[k * scorer.columns + i]!, 0);
        values[players[column]!]! += slope * (question.x[column]! - mean);
        expected += slope * mean;
      }
    if (values.some(Number.isNaN)) refused('a missing value has no place in a linear model: put an Imputer before it');
    return {
      attributions: spread(q, question, owners, values),
      parts: columnsOf(owners, values),
      expected: question.score - expected,
      score: question.score,
      warnings: [...warnings, ...question.warnings],
    };
  },
});
