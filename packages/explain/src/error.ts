import { VitrineError } from '@vitrine/ir';

/** A question that cannot be asked of this model. */
export class ExplainError extends VitrineError<
  | 'unknown-method'
  | 'bad-option'
  | 'bad-target'
  | 'unsupported-trees'
  | 'unknown-value'
  | 'bad-input'
  | 'no-layer'
  | 'no-path'
  | 'not-finite'
  | 'not-compilable'
> {}
