import { statSync } from 'node:fs';
import path from 'node:path';
import {
  isPipeline,
  presetNamed,
  readLabels,
  readPipeline,
  readPreprocess,
  readSchema,
  readSeriesOptions,
  type Pipeline,
  type Preprocess,
  type Schema,
  type SeriesOptions,
  type Tokenizer,
} from '@vitrine/data';
import { subject } from '@vitrine/explain';
import type { Imported } from '@vitrine/formats';
import { importFolder } from '@vitrine/formats/node';
import type { Model } from '@vitrine/ir';
import { caching, sha256, type Device, type Runtime, type Speaking } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { digestFile, openModel } from '@vitrine/ir/node';
import { besideModel, notesIn } from './beside.js';
import { isEndpoint, loadEndpoint } from './endpoint.js';
import { classLabels } from './classLabels.js';
import { bytesOf } from './input.js';
import { schemaIn } from './table/schemaOf.js';
import type { TextModel } from './textModel.js';
import { tokenizerFor } from './tokenizerFor.js';

export interface LoadOptions {
  /** Class names: a list, or a file of them. */
  readonly labels?: readonly string[] | string | undefined;
  /** For models of text: a `tokenizer.json`, or what reads one. Without it the file beside the model is used. */
  readonly tokenizer?: string | Tokenizer | undefined;
  /**
   * How pictures are prepared: a preset's name, options, or a JSON file; or how rows of tables are. Without it MODEL.json beside the model is
   * used when it is there.
   */
  readonly preprocess?: string | Preprocess | Pipeline | undefined;
  /** What the columns of tables mean, or a file of it. Without it the file beside the table or the model is used when it is there. */
  readonly schema?: string | Schema | undefined;
  /** Laid over what `preprocess`, or the file beside the model, says. */
  readonly adjust?: Preprocess | undefined;
  /** How series are prepared, laid over what MODEL.json beside the model says. */
  readonly series?: SeriesOptions | undefined;
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
  /** How a model behind an address is asked: how long an answer may take, how often it is asked again. */
  readonly endpoint?: Partial<Speaking> | undefined;
}

/** A model that questions can be asked of. Close it when done. */
export interface LoadedModel extends TextModel {
  readonly file: string;
  readonly preprocess: Preprocess;
  readonly series: SeriesOptions;
  /** How rows of tables become its inputs, where that is said; and what their columns mean, where that was given with the model. */
  readonly tables: { readonly pipeline: Pipeline | undefined; readonly schema: Schema | undefined };
  /** For models that tell the next token and come from a folder: the graph that reads on from where it stopped. */
  readonly cached: (() => Model) | undefined;
  /** Tokens that end what the model says. */
  readonly stops: ReadonlySet<number>;
  close(): Promise<void>;
}

/**
 * Opens an ONNX model, or a folder as Hugging Face has them; weights stay in their files. Or an address of the Open Inference protocol, whose
 * model is asked where it is. @throws GraphError, FormatError, DataError, RuntimeError naming the file or the address
 */
export async function load(
  file: string,
  { labels, tokenizer, preprocess, schema, adjust = {}, series = {}, device, threads, endpoint }: LoadOptions = {},
): Promise<LoadedModel> {
  const given = preprocess === undefined ? undefined : preprocessFor(preprocess);
  const described = typeof schema === 'object' ? readSchema(schema, 'schema') : schema === undefined ? undefined : schemaIn(schema);
  if (isEndpoint(file))
    return loadEndpoint(file, {
      labels: await labelsGiven(labels),
      preprocess: { ...given?.preprocess, ...readPreprocess(adjust, 'adjust') },
      tables: { pipeline: given?.pipeline, schema: described },
      series: readSeriesOptions(series, 'series'),
      speaking: endpoint,
      threads,
    });
  const absolute = path.resolve(file);
  // First, because it checks that this is a file: hashing a pipe would never end.
  const { model, main, labels: own, cached } = opened(absolute);
  const beside = besideModel(main);
  let runtime: Promise<Runtime> | undefined;
  let reader: Promise<Tokenizer> | undefined;
  const read = subject(model, path.basename(file), await digestOf(await digestFile(main), model, main));
  return {
    subject: read,
    file: absolute,
    labels:
      (await labelsGiven(labels)) ??
      (main === absolute || /\.onnx$/i.test(main) ? (beside.labels ?? classLabels(model.graph) ?? classLabels(read.graph)) : own),
    regresses: beside.regresses,
    preprocess: { ...(given?.preprocess ?? beside.preprocess()), ...readPreprocess(adjust, 'adjust') },
    tables: { pipeline: given === undefined ? beside.pipeline : given.pipeline, schema: described },
    series: { ...beside.series, ...readSeriesOptions(series, 'series') },
    maxTokens: beside.maxTokens,
    cached,
    decoderStart: beside.decoderStart,
    stops: new Set(beside.stops),
    notes: [],
    tokenizer: () => (reader ??= tokenizerFor(main, path.basename(file), tokenizer ?? beside.tokenizer)),
    runtime: () => (runtime ??= nodeRuntime({ ...(device && { device }), ...(threads && { threads }) }).then((opened) => caching(opened))),
    async close() {
      if (runtime !== undefined) await (await runtime).close();
    },
  };
}

const labelsGiven = async (labels: LoadOptions['labels']): Promise<readonly string[] | undefined> =>
  typeof labels === 'string' ? readLabels(new TextDecoder().decode(await bytesOf(labels)), labels) : labels;

/** The model of a file or a folder, and the file that says what it is. */
function opened(file: string): Partial<Imported> & { readonly model: Model; readonly main: string } {
  return isFolder(file) ? importFolder(file) : { model: openModel(file), main: file };
}

function isFolder(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    return false; // Whatever is wrong with it, opening it as a file says so.
  }
}

/** How inputs are prepared, whichever of them it is about. */
function preprocessFor(given: string | Preprocess | Pipeline): {
  readonly preprocess: Preprocess;
  readonly pipeline: Pipeline | undefined;
} {
  if (typeof given !== 'string')
    return isPipeline(given)
      ? { preprocess: {}, pipeline: readPipeline(given, 'preprocess') }
      : { preprocess: readPreprocess(given as Preprocess, 'preprocess'), pipeline: undefined };
  if (!/\.json$/i.test(given)) return { preprocess: presetNamed(given), pipeline: undefined };
  const { preprocess = {}, pipeline } = notesIn(given);
  return { preprocess, pipeline };
}

/** SHA-256 of the file; with external data, of its digest and theirs. */
async function digestOf(own: string, { graph }: Model, file: string): Promise<string> {
  const others = new Set(
    [...graph.initializers.values()].flatMap((content) =>
      'at' in content && 'file' in content.at && content.at.file !== file ? [content.at.file] : [],
    ),
  );
  if (others.size === 0) return own;
  const digests = [own];
  for (const other of [...others].toSorted()) digests.push(await digestFile(other));
  return sha256(new TextEncoder().encode(digests.join('\n')));
}
