import { VitrineError } from '@vitrine/ir';

/** Evidence that cannot be recorded. */
export class AuditError extends VitrineError<'bad-record'> {}
