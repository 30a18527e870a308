import { VitrineError } from '@vitrine/ir';

/** An input file or option that cannot be used. */
export class DataError extends VitrineError<'unreadable' | 'unsupported' | 'malformed' | 'too-large' | 'bad-option' | 'bad-input'> {}
