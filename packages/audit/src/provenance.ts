import canonicalize from 'canonicalize';
import type { Conservation, Explanation, Measured, Parts, Resolved, Rule } from '@vitrine/explain';
import { bytesOf, numbers, type Tensor } from '@vitrine/ir';
import { sha256, type Runtime } from '@vitrine/runtime';
import { AuditError } from './error.js';
import { contrastEntry, type ContrastEntry, type ToldContrast } from './contrastEntry.js';

/** One attribution of a record: what it belongs to, and the digest of its numbers. */
export interface AttributionEntry {
  readonly at: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly digest: string;
  /** Which part of it, where several are kept apart. */
  readonly part?: string;
  /** Sum of all elements. */
  readonly sum: number;
  readonly file?: string;
}

/** Words of a text that a model found, and what it took them for. */
export interface SpanEntry {
  readonly label: string;
  /** Which of two texts they are of, and their place there, in UTF-16 units. */
  readonly text: number;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly probability?: number;
}

/** What was taken away: enough to do it again, and to see that it is the same. */
export interface PartsEntry {
  readonly of: string;
  readonly count: number;
  /** SHA-256 over names and elements of all parts. */
  readonly digest: string;
  /** Unless they are very many: each part and what it counts; with its elements, as [start, end) in row-major order by value, unless those are. */
  readonly list?: readonly {
    readonly name: string;
    readonly value: number;
    readonly standardError?: number;
    /** Of 95 %. */
    readonly interval?: readonly [low: number, high: number];
    readonly elements?: { readonly [value: string]: readonly (readonly [start: number, end: number])[] };
  }[];
  /** Where values were estimated: the largest of their standard errors. */
  readonly largestStandardError?: number;
}

/** What an auditor needs to compute an explanation again and to see that it is the same. Governance reference, section 1.6. */
export interface ExplanationRecord {
  /** SHA-256 of the record's canonical JSON without `id`. */
  readonly id: string;
  readonly schemaVersion: 'vitrine.explanation.v1';
  readonly createdAt: string;
  readonly actor: string;
  readonly toolVersion: string;
  readonly modelDigest: string;
  readonly modelName: string;
  readonly dataDigest: string;
  readonly configDigest: string;
  readonly graphDigest: string;
  readonly seed: number;
  readonly environment: { readonly [name: string]: string | number };
  readonly parents: readonly string[];
  readonly method: string;
  readonly methodParams: { readonly [name: string]: unknown };
  readonly target: Resolved | { readonly kind: string };
  readonly targetLabel?: string;
  readonly predicted: { readonly index: readonly number[]; readonly score: number; readonly label?: string } | undefined;
  /** Present only where the model itself gives probabilities. */
  readonly probability?: number;
  /** Where the model finds words in a text: its best answers, or all that it tags, the best first. */
  readonly spans?: readonly SpanEntry[];
  /** The explained number. */
  readonly score: number;
  readonly attributions: readonly AttributionEntry[];
  /** For methods that promise a sum: what it should be, and what the attributions miss of it. */
  readonly completenessResidual?: { readonly expected: number; readonly gap: number };
  /** For methods of relevance: where it went, layer by layer. */
  readonly conservation?: readonly Conservation[];
  /** For methods that take parts away: what they are, and what each counts. */
  readonly parts?: PartsEntry;
  /** For methods that learn a model of the model: how well it does. */
  readonly fidelity?: readonly Measured[];
  /** For methods that find a rule: what it asks for, how far it holds, and in words. */
  readonly rule?: Rule & { readonly text?: string };
  /** For methods that look for another example: what it is, in words too; `point` has the digest of each value. */
  readonly contrast?: ContrastEntry;
  readonly evaluations: number;
  /** Largest difference, as a share of the largest attribution, that another machine may show. Same machine and versions: none. */
  readonly recomputeTolerance: number;
  readonly warnings: readonly string[];
}

export interface RecordParts {
  readonly explanation: Explanation;
  readonly model: { readonly name: string; readonly digest: string };
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly predicted?: ExplanationRecord['predicted'];
  readonly probability?: number | undefined;
  readonly spans?: readonly SpanEntry[];
  readonly contrast?: ToldContrast | undefined;
  readonly rule?: string | undefined;
  readonly runtime: Pick<Runtime, 'name' | 'version' | 'device' | 'threads'>;
  readonly environment?: { readonly [name: string]: string | number };
  readonly toolVersion: string;
  readonly actor?: string | undefined;
  /** The time, in ISO 8601: the only clock there is. */
  readonly createdAt: string;
  /** Names of the files the attributions are saved in, in order. */
  readonly files?: readonly string[];
}

const RECOMPUTE_TOLERANCE = 1e-4;
const encoder = new TextEncoder();

/** SHA-256 over dtype, shape and bytes. */
export async function tensorDigest(tensor: Tensor): Promise<string> {
  const head = encoder.encode(`${tensor.dtype}[${tensor.dims.join(',')}]\0`);
  const body = tensor.dtype === 'string' ? encoder.encode(JSON.stringify(tensor.data)) : bytesOf(tensor);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return sha256(bytes);
}

const canonicalDigest = (value: unknown): Promise<string> => sha256(encoder.encode(canonicalize(value)));

/** A surrogate without its other half: no text, though JavaScript allows it. */
const HALF = /\p{Surrogate}/u;

/** Where a value holds what JSON cannot: the path to it, and what it is. */
function unwritable(value: unknown, at: string): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return `${at} is ${value}`;
  if (typeof value === 'string' && HALF.test(value)) return `${at} holds half a character`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = HALF.test(key) ? `a name in ${at} holds half a character` : unwritable(inner, at === '' ? key : `${at}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A value with tensors as their digests, maps as objects, and nothing undefined. */
export async function withDigests(value: unknown): Promise<unknown> {
  if (value instanceof Map) return Object.fromEntries(await Promise.all([...value].map(async ([k, v]) => [k, await withDigests(v)])));
  if (Array.isArray(value)) return Promise.all(value.map(withDigests));
  if (typeof value === 'object' && value !== null && 'dims' in value)
    return { tensor: await tensorDigest(value as Tensor), shape: (value as Tensor).dims };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    return Object.fromEntries(await Promise.all(entries.map(async ([k, v]) => [k, await withDigests(v)])));
  }
  return value;
}

/** Digest of a question: of its canonical JSON, tensors and maps as digests. */
export const questionDigest = async (question: object): Promise<string> => canonicalDigest(await withDigests(question));

/** A record's content with its digest as id. @throws AuditError 'bad-record' naming what is NaN, infinite or no text */
export async function sealed<T extends object>(body: T, what: string): Promise<T & { readonly id: string }> {
  const fault = unwritable(body, '');
  if (fault !== undefined)
    throw new AuditError('bad-record', `${what} cannot be recorded, because ${fault}: check the model and its input`);
  return { id: await canonicalDigest(body), ...body };
}

/** The record of an explanation. @throws AuditError 'bad-record' naming what is NaN, infinite or no text */
export async function record(parts: RecordParts): Promise<ExplanationRecord> {
  const { explanation: e, model, inputs, runtime, files } = parts;
  const what = `${e.method} of ${model.name}`;
  const digestOf = async (value: object): Promise<string> => (await sealed(value, what)).id;
  const [methodParams, target] = (await Promise.all([withDigests(e.options), withDigests(e.target.resolved)])) as [
    ExplanationRecord['methodParams'],
    Resolved,
  ];
  const names = [...inputs.keys()].toSorted();
  const data = await Promise.all(names.map(async (name) => [name, await tensorDigest(inputs.get(name)!)] as const));
  const attributions = await Promise.all(
    e.attributions.map(async ({ at, part, tensor }, i): Promise<AttributionEntry> => ({
      at,
      ...(part !== undefined && { part }),
      shape: tensor.dims,
      dtype: tensor.dtype,
      digest: await tensorDigest(tensor),
      sum: Float64Array.from(numbers(tensor)).reduce((s, v) => s + v, 0),
      ...(files?.[i] !== undefined && { file: files[i] }),
    })),
  );
  const body = {
    schemaVersion: 'vitrine.explanation.v1' as const,
    createdAt: parts.createdAt,
    actor: parts.actor ?? 'unknown',
    toolVersion: parts.toolVersion,
    modelDigest: model.digest,
    modelName: model.name,
    dataDigest: await digestOf(data),
    configDigest: await digestOf({ method: e.method, methodParams, target, at: e.attributions.map(({ at }) => at), seed: e.seed }),
    graphDigest: e.graph.digest,
    seed: e.seed,
    environment: {
      ...parts.environment,
      [runtime.name]: runtime.version,
      device: runtime.device,
      threads: runtime.threads,
      batch: e.graph.batch,
    },
    parents: [],
    method: e.method,
    methodParams,
    target,
    ...(e.target.label !== undefined && { targetLabel: e.target.label }),
    predicted: parts.predicted,
    ...(parts.probability !== undefined && { probability: parts.probability }),
    ...(parts.spans !== undefined && { spans: parts.spans }),
    score: e.target.score,
    attributions,
    ...(e.completeness && { completenessResidual: e.completeness }),
    ...(e.conservation && { conservation: e.conservation }),
    ...(e.parts && { parts: await partsEntry(e.parts, digestOf) }),
    ...(e.fidelity && { fidelity: e.fidelity }),
    ...(e.rule && { rule: { ...e.rule, ...(parts.rule !== undefined && { text: parts.rule }) } }),
    ...(e.contrast && { contrast: await contrastEntry(e.contrast, parts.contrast, tensorDigest) }),
    evaluations: e.evaluations,
    recomputeTolerance: RECOMPUTE_TOLERANCE,
    warnings: e.warnings,
  };
  return sealed(body, what);
}

/** Most parts that a record lists one by one, and most stretches of elements: those of superpixels would be longer than all the rest. */
const [LISTED, STRETCHES] = [1000, 1000];

async function partsEntry({ of, values }: Parts, digestOf: (value: object) => Promise<string>): Promise<PartsEntry> {
  const stretches = values.reduce((n, { runs }) => n + [...runs.values()].reduce((m, own) => m + own.length, 0), 0);
  const list = values.map(({ name, value, standardError, interval, runs }) => ({
    name,
    value,
    ...(standardError !== undefined && { standardError }),
    ...(interval && { interval }),
    elements: Object.fromEntries(runs),
  }));
  const short = list.map(({ elements, ...part }) => (stretches <= STRETCHES ? { ...part, elements } : part));
  const errors = values.flatMap(({ standardError }) => standardError ?? []);
  return {
    of,
    count: list.length,
    digest: await digestOf(list.map(({ name, elements }) => [name, elements])),
    ...(list.length <= LISTED && { list: short }),
    ...(errors.length > 0 && { largestStandardError: errors.reduce((a, b) => Math.max(a, b), 0) }),
  };
}

/** Whether a record's id is the digest of its content. */
export async function isIntact({ id, ...body }: { readonly id: string }): Promise<boolean> {
  return unwritable(body, '') === undefined && id === (await canonicalDigest(body));
}
