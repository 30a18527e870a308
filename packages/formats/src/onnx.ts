import { GraphError, readModel, type Model } from '@vitrine/ir';
import type { Folder } from './folder.js';
import type { Importer } from './importers.js';

/** Where exporters put a model, the most exact first: optimum and transformers.js write several that differ in their numbers. */
const PLACES = ['onnx/', ''].flatMap((place) =>
  ['model', 'model_fp16', 'model_quantized', 'model_int8', 'model_uint8', 'model_q4', 'model_q4f16', 'model_bnb4'].map(
    (name) => `${place}${name}.onnx`,
  ),
);

/** A folder with an ONNX file, as optimum and transformers.js lay it out; one with safetensors beside it is read from those. */
export const onnx: Importer = {
  name: 'onnx',
  holds: 'onnx/model.onnx or model.onnx, as optimum exports them',
  main: (folder) => PLACES.find((file) => folder.has(file)),
  load: (folder) => ({ model: modelIn(folder, onnx.main(folder)!), labels: undefined }),
};

function modelIn(folder: Folder, main: string): Model {
  const own = main.slice(0, main.lastIndexOf('/') + 1);
  const sources = new Map([folder.source(main)].map((source) => [source.file, source]));
  try {
    return readModel(sources.values().next().value!, {
      locate(location) {
        const source = folder.source(own + location);
        sources.set(source.file, source);
        return source;
      },
      read: (file, offset, length) => sources.get(file)!.read(offset, length),
    });
  } catch (cause) {
    if (cause instanceof GraphError) throw new GraphError(cause.code, `${folder.name}/${main}: ${cause.message}`, { cause });
    throw cause;
  }
}
