import type { Model } from '@vitrine/ir';
import type { Folder } from './folder.js';
import { huggingface } from './huggingface/load.js';

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

/** A format of models that is no ONNX file. */
export interface Importer {
  readonly name: string;
  /** What such a folder holds, for people. */
  readonly holds: string;
  /** The file that a folder of this format is told by. */
  readonly main: string;
  readonly match: (folder: Folder) => boolean;
  /** The graph; weights stay in the folder's files. @throws FormatError, GraphError */
  readonly load: (folder: Folder) => Imported;
}

export const importers = { huggingface } as const satisfies { readonly [name: string]: Importer };
