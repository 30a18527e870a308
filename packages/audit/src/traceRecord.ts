import { sealed, type ExplanationRecord } from './provenance.js';

/** How a text was gone on with. */
export interface GenerationEntry {
  /** Token numbers of the prompt, and those said behind it. */
  readonly prompt: readonly number[];
  readonly said: readonly number[];
  /** As they were given; without a temperature the likeliest token was taken each time. */
  readonly sampling: { readonly temperature?: number; readonly topK?: number; readonly topP?: number };
  readonly seed: number;
  readonly stop: readonly string[];
}

/** One token of a trace: what was explained, and the record of the explanation. */
export interface TraceEntry {
  /** Its place among all tokens. */
  readonly place: number;
  readonly token: number;
  readonly text: string;
  readonly probability: number;
  readonly score: number;
  /** The other token, where the question is why this one rather than that. */
  readonly rather?: number;
  /** What the values miss of what they should add up to, where the method promises it. */
  readonly gap?: number;
  /** The id of its explanation's record. */
  readonly record: string;
}

/** What an auditor needs to see that a trace is the same: the text, how it was made, and the records of its explanations. */
export interface TraceRecord {
  readonly id: string;
  readonly schemaVersion: 'vitrine.trace.v1';
  readonly createdAt: string;
  readonly actor: string;
  readonly toolVersion: string;
  readonly modelDigest: string;
  readonly modelName: string;
  readonly environment: ExplanationRecord['environment'];
  readonly method: string;
  readonly methodParams: ExplanationRecord['methodParams'];
  readonly generation: GenerationEntry;
  readonly rows: readonly TraceEntry[];
}

/** The record of a trace, from those of its tokens. @throws AuditError 'bad-record' */
export function traceRecord(
  records: readonly ExplanationRecord[],
  generation: GenerationEntry,
  entries: readonly Omit<TraceEntry, 'record'>[],
): Promise<TraceRecord> {
  const { createdAt, actor, toolVersion, modelDigest, modelName, environment, method, methodParams } = records[0]!;
  return sealed(
    {
      schemaVersion: 'vitrine.trace.v1' as const,
      createdAt,
      actor,
      toolVersion,
      modelDigest,
      modelName,
      environment,
      method,
      methodParams,
      generation,
      rows: entries.map((entry, i) => ({ ...entry, record: records[i]!.id })),
    },
    `the trace of ${modelName}`,
  );
}
