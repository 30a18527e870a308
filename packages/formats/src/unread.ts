import type { Folder } from './folder.js';

const PICKLE =
  'a pickle, which may run any code when it is read and so never is: save the model as safetensors, with save_pretrained(FOLDER) in transformers';
const OTHER = 'which is not read: load it in transformers and save it as safetensors, with save_pretrained(FOLDER)';

/** Files with weights that are not read, and what to do about each. */
const unread: { readonly [file: string]: string } = {
  'pytorch_model.bin': PICKLE,
  'pytorch_model.bin.index.json': PICKLE,
  'model.pt': PICKLE,
  'model.pth': PICKLE,
  'tf_model.h5': `weights of TensorFlow, ${OTHER}`,
  'flax_model.msgpack': `weights of Flax, ${OTHER}`,
  'adapter_model.safetensors': 'an adapter without its model: merge the two, with merge_and_unload() in peft, and save that',
  'adapter_model.bin': 'an adapter without its model: merge the two, with merge_and_unload() in peft, and save that',
  'onnx/encoder_model.onnx': 'one of several ONNX files that make a model together: give the one that is to be explained',
  'onnx/decoder_model.onnx': 'one of several ONNX files that make a model together: give the one that is to be explained',
  'onnx/decoder_model_merged.onnx': 'one of several ONNX files that make a model together: give the one that is to be explained',
};

/** Why a folder with a model is none that is read, where a file of it tells. */
export function unreadIn(folder: Folder): string | undefined {
  const file = Object.keys(unread).find((name) => folder.has(name));
  return file && `${folder.name} has ${file}, ${unread[file]}`;
}
