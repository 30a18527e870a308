import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  DataError,
  isPipeline,
  readLabels,
  readPipeline,
  readPreprocess,
  readSeriesOptions,
  type Pipeline,
  type Preprocess,
  type SeriesOptions,
} from '@vitrine/data';
import { hasImageProcessor, imageProcessorIn } from './imageProcessor.js';
import { readJson } from './input.js';

/** What the files beside a model say about it. */
export interface Beside {
  /** How pictures are prepared, read when first needed. @throws DataError naming the file */
  readonly preprocess: () => Preprocess;
  /** How series are prepared. */
  readonly series: SeriesOptions;
  /** How rows of tables are prepared. */
  readonly pipeline: Pipeline | undefined;
  readonly labels: readonly string[] | undefined;
  /** Whether it gives numbers rather than scores of classes: `"task": "regression"`. */
  readonly regresses: boolean;
  /** The file of its tokenizer. */
  readonly tokenizer: string | undefined;
  /** Most tokens that it reads. */
  readonly maxTokens: number | undefined;
  /** Tokens that start what its decoder says. */
  readonly decoderStart: readonly number[];
  /** Tokens that end what it says. */
  readonly stops: readonly number[];
}

/**
 * What MODEL.json beside a model says: `{ "preset": "imagenet" }`, or `{ "preprocess": { … }, "series": { … }, "tokenizer": FILE, "labels": [ … ],
 * "maxTokens": 64, "task": "regression" }`. Then, as Hugging Face folders have them, `tokenizer.json`, `tokenizer_config.json`, `preprocessor_config.json` and
 * `config.json` in the model's folder, or in the one above where that is called onnx. @throws DataError naming the file
 */
export function besideModel(model: string): Beside {
  const own = ownNotes(model);
  const folder = folderOf(model);
  const tokenizer = folder !== undefined && existsSync(path.join(folder, TOKENIZER)) ? path.join(folder, TOKENIZER) : undefined;
  const isSaid = Object.keys(own.preprocess ?? {}).length > 0;
  return {
    preprocess: () => (isSaid || folder === undefined ? own.preprocess : imageProcessorIn(folder)) ?? {},
    series: own.series ?? {},
    pipeline: own.pipeline,
    labels: own.labels ?? (folder === undefined ? undefined : labelsIn(folder)),
    regresses: own.regresses ?? false,
    tokenizer: own.tokenizer ?? tokenizer,
    maxTokens: own.maxTokens ?? (folder === undefined ? undefined : contextIn(folder)),
    decoderStart: folder === undefined ? [] : startIn(folder),
    stops: folder === undefined ? [] : stopsIn(folder),
  };
}

const TOKENIZER = 'tokenizer.json';

/** What MODEL.json says. */
type Notes = Partial<Omit<Beside, 'preprocess'>> & { readonly preprocess?: Preprocess };

function ownNotes(model: string): Notes {
  const file = model.replace(/\.onnx$/i, '.json');
  return file !== model && existsSync(file) ? notesIn(file) : {};
}

/** What one JSON file of notes says. @throws DataError naming the file */
export function notesIn(file: string): Notes {
  const { tokenizer, labels, maxTokens, series, task, ...rest } = readJson(file) as { readonly [name: string]: unknown };
  if (tokenizer !== undefined && typeof tokenizer !== 'string')
    throw new DataError('bad-option', `${file}: tokenizer must be the name of a file, not ${JSON.stringify(tokenizer)}`);
  if (maxTokens !== undefined && !isCount(maxTokens))
    throw new DataError('bad-option', `${file}: maxTokens must be a whole number above 0, not ${JSON.stringify(maxTokens)}`);
  if (task !== undefined && !TASKS.includes(task))
    throw new DataError('bad-option', `${file}: task must be ${TASKS.join(' or ')}, not ${JSON.stringify(task)}`);
  const preprocess = 'preprocess' in rest ? rest['preprocess'] : rest;
  const pipeline = isPipeline(preprocess) ? readPipeline(preprocess, path.basename(file)) : undefined;
  return {
    preprocess: pipeline === undefined ? readPreprocess(preprocess, file) : {},
    pipeline,
    ...(series !== undefined && { series: readSeriesOptions(series, file) }),
    labels: labels === undefined ? undefined : readLabels(JSON.stringify(labels), file),
    tokenizer: tokenizer === undefined ? undefined : path.resolve(path.dirname(file), tokenizer),
    maxTokens,
    regresses: task === 'regression',
  };
}

/** What becomes of the outputs: scores of classes, unless they are numbers of their own. */
const TASKS: readonly unknown[] = ['classification', 'regression'];

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

/** The folder that says how text or pictures are read: the model's, or the one above `onnx/`. */
function folderOf(model: string): string | undefined {
  const own = path.dirname(model);
  const folders = [own, ...(path.basename(own) === 'onnx' ? [path.dirname(own)] : [])];
  return folders.find((folder) => existsSync(path.join(folder, TOKENIZER)) || hasImageProcessor(folder));
}

function optional(folder: string, name: string): { readonly [key: string]: unknown } {
  const file = path.join(folder, name);
  return existsSync(file) ? (readJson(file) as { readonly [key: string]: unknown }) : {};
}

function labelsIn(folder: string): readonly string[] | undefined {
  const { id2label } = optional(folder, CONFIG);
  return id2label === undefined ? undefined : readLabels(JSON.stringify(id2label), path.join(folder, CONFIG));
}

/** As generation_config.json says, or config.json. */
function stopsIn(folder: string): readonly number[] {
  const ends = optional(folder, 'generation_config.json')['eos_token_id'] ?? optional(folder, CONFIG)['eos_token_id'];
  return [ends].flat().filter((id): id is number => Number.isInteger(id));
}

/** What a decoder starts with, and what is then forced on it, as generation_config.json says, or config.json. */
function startIn(folder: string): readonly number[] {
  const [own, model] = [optional(folder, 'generation_config.json'), optional(folder, CONFIG)];
  if (model['is_encoder_decoder'] !== true) return [];
  const said = (key: string): unknown => own[key] ?? model[key];
  const first = said('decoder_start_token_id') ?? said('bos_token_id');
  if (!isId(first)) return [];
  const forced = said('forced_decoder_ids');
  const pairs = Array.isArray(forced) ? forced.filter((pair): pair is readonly unknown[] => Array.isArray(pair)) : [];
  const inTurn = pairs.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, id]) => id);
  // Whisper's list has null where the model chooses.
  const free = inTurn.findIndex((id) => !isId(id));
  return [first, said('forced_bos_token_id'), ...inTurn.slice(0, free < 0 ? inTurn.length : free)].filter(isId);
}

const isId = (id: unknown): id is number => Number.isInteger(id) && (id as number) >= 0;

const CONFIG = 'config.json';
/** Where no limit is known, tokenizers write a number with thirty digits. */
const NO_LIMIT = 1e7;

/** The least of what the two files say: position tables of RoBERTa are longer than what may be read. */
function contextIn(folder: string): number | undefined {
  const { max_position_embeddings, n_positions, max_target_positions, text_config } = optional(folder, CONFIG);
  const inner = Object(text_config) as { readonly max_position_embeddings?: unknown };
  const { model_max_length } = optional(folder, 'tokenizer_config.json');
  const limits = [max_position_embeddings, inner.max_position_embeddings, n_positions, max_target_positions, model_max_length]
    .filter((n) => isCount(n))
    .filter((n) => n < NO_LIMIT);
  return limits.length === 0 ? undefined : Math.min(...limits);
}
