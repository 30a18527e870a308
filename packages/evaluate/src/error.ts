import { VitrineError } from '@vitrine/ir';

/** Columns that cannot be analyzed as asked. */
export class EvaluateError extends VitrineError<'bad-option' | 'bad-input' | 'unknown-column' | 'unknown-label'> {}
