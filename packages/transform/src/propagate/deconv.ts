import type { RuleTable } from '../rule.js';

/** Only positive signals pass a Relu, whatever its input was. Zeiler and Fergus 2014, section 2.1. */
export const deconvnet = {
  Relu: ({ op, g }) => [op.Relu(g)],
} satisfies RuleTable;

/** Only positive signals pass a Relu, and only where its input was positive. Springenberg et al. 2015, section 3.4. */
export const guidedBackprop = {
  Relu: ({ op, y, g }) => [op.Where(op.Greater(y, 0), op.Relu(g), 0)],
} satisfies RuleTable;
