import { questionDigest, sealed, type ExplanationRecord } from './provenance.js';

/** What an auditor needs to compute a summary again and to see that it is the same. */
export interface SummaryRecord extends Pick<
  ExplanationRecord,
  | 'id'
  | 'createdAt'
  | 'actor'
  | 'toolVersion'
  | 'modelDigest'
  | 'modelName'
  | 'dataDigest'
  | 'configDigest'
  | 'seed'
  | 'environment'
  | 'method'
> {
  readonly schemaVersion: 'vitrine.summary.v1';
  readonly dataName: string;
  /** As it was asked; tensors as digests. */
  readonly question: { readonly [name: string]: unknown };
  /** Of the data: how many there are, how many were looked at, explained, and failed. */
  readonly counts: { readonly all: number; readonly asked: number; readonly explained: number; readonly failed: number };
  /** SHA-256 of the files with the results, by name. */
  readonly files: { readonly [name: string]: string };
}

/** @throws AuditError 'bad-record' */
export async function summaryRecord(parts: Omit<SummaryRecord, 'id' | 'schemaVersion' | 'configDigest'>): Promise<SummaryRecord> {
  return sealed(
    { schemaVersion: 'vitrine.summary.v1' as const, ...parts, configDigest: await questionDigest(parts.question) },
    `${parts.method} of ${parts.modelName}`,
  );
}
