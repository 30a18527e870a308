import { existsSync } from 'node:fs';
import path from 'node:path';
import { DataError, presetNamed, readLabels, readPreprocess, type Preprocess } from '@vitrine/data';
import { subject, type Subject } from '@vitrine/explain';
import type { Model } from '@vitrine/ir';
import { caching, sha256, type Device, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { digestFile, openModel } from '@vitrine/ir/node';
import { bytesOf } from './input.js';

export interface LoadOptions {
  /** Class names: a list, or a file of them. */
  readonly labels?: readonly string[] | string | undefined;
  /** How pictures are prepared: a preset's name, options, or a JSON file. Without it MODEL.json beside the model is used when it is there. */
  readonly preprocess?: string | Preprocess | undefined;
  /** Laid over what `preprocess`, or the file beside the model, says. */
  readonly adjust?: Preprocess | undefined;
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
}

/** A model that questions can be asked of. Close it when done. */
export interface LoadedModel {
  readonly subject: Subject;
  readonly file: string;
  readonly labels: readonly string[] | undefined;
  readonly preprocess: Preprocess;
  /** Started when first needed. */
  runtime(): Promise<Runtime>;
  close(): Promise<void>;
}

/** Opens an ONNX model. Weights stay in their files. @throws GraphError, DataError naming the file */
export async function load(file: string, { labels, preprocess, adjust = {}, device, threads }: LoadOptions = {}): Promise<LoadedModel> {
  const absolute = path.resolve(file);
  // First, because it checks that this is a file: hashing a pipe would never end.
  const model = openModel(absolute);
  let runtime: Promise<Runtime> | undefined;
  return {
    subject: subject(model, path.basename(file), await digestOf(await digestFile(absolute), model, absolute)),
    file: absolute,
    labels: typeof labels === 'string' ? readLabels(new TextDecoder().decode(await bytesOf(labels)), labels) : labels,
    preprocess: { ...(await preprocessFor(absolute, preprocess)), ...readPreprocess(adjust, 'adjust') },
    runtime: () => (runtime ??= nodeRuntime({ ...(device && { device }), ...(threads && { threads }) }).then((opened) => caching(opened))),
    async close() {
      if (runtime !== undefined) await (await runtime).close();
    },
  };
}

async function preprocessFor(model: string, given: string | Preprocess | undefined): Promise<Preprocess> {
  if (typeof given === 'object') return readPreprocess(given, 'preprocess');
  const beside = model.replace(/\.onnx$/i, '.json');
  const file =
    given === undefined ? (beside !== model && existsSync(beside) ? beside : undefined) : /\.json$/i.test(given) ? given : undefined;
  if (file === undefined) return given === undefined ? {} : presetNamed(given);
  const text = new TextDecoder().decode(await bytesOf(file));
  try {
    const value = JSON.parse(text) as { readonly preprocess?: unknown };
    return readPreprocess(typeof value === 'object' && value !== null && 'preprocess' in value ? value.preprocess : value, file);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new DataError('malformed', `${file} is not valid JSON: ${cause.message}`, { cause });
    throw cause;
  }
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
