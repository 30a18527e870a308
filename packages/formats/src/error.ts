import { VitrineError } from '@vitrine/ir';

/** A folder that cannot be read as a model. */
export class FormatError extends VitrineError<
  | 'unreadable'
  | 'malformed'
  | 'limit'
  | 'missing-file'
  | 'missing-tensor'
  | 'wrong-shape'
  | 'wrong-dtype'
  | 'bad-config'
  | 'unknown-architecture'
  | 'unsupported'
> {}
