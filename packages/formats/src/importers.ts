import type { Model } from '@vitrine/ir';
import type { Folder } from './folder.js';
import { huggingface } from './huggingface/load.js';
import { onnx } from './onnx.js';

/** A model as a folder holds it. */
export interface Imported {
  readonly model: Model;
  /** Class names, where the folder says them. */
  readonly labels: readonly string[] | undefined;
  /**
   * The same for models that tell the next token, as a graph that reads on from where it stopped: attention_mask stands for all tokens,
   * and past_key_values.I.key and .value [B,K,P,D] go in and come out as present.I.key and .value, as optimum exports them.
   */
  readonly cached?: () => Model;
}

/** A format of folders that hold a model. */
export interface Importer {
  readonly name: string;
  /** What such a folder holds, for people. */
  readonly holds: string;
  /** The file that a folder of this format is told by; undefined where a folder is not of it. */
  readonly main: (folder: Folder) => string | undefined;
  /** The graph; weights stay in the folder's files. @throws FormatError, GraphError */
  readonly load: (folder: Folder) => Imported;
}

/** The first that knows a folder reads it. */
export const importers = { huggingface, onnx } as const satisfies { readonly [name: string]: Importer };
