import { VitrineError } from '@vitrine/ir';

/** A graph that a method cannot be taken through. */
export class RuleError extends VitrineError<
  'missing-rule' | 'unknown-shape' | 'not-differentiable' | 'dynamic-control-flow' | 'no-path' | 'bad-rule'
> {}
