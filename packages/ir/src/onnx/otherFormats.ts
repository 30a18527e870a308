import { GraphError } from '../error.js';
import type { Source } from './source.js';

/** Files that people take for ONNX, by their first bytes. @throws GraphError 'malformed' that says what the file is */
export function refuseOtherFormats(source: Source): void {
  const head = source.read(0, 16);
  if (head.length === 0) throw new GraphError('malformed', 'the file is empty');
  const text = String.fromCharCode(...head);
  if (text.startsWith('version https'))
    throw new GraphError('malformed', 'a Git LFS pointer in place of the file: fetch it with git lfs pull');
  const found = FORMATS.find(([magic, at = 0]) => text.startsWith(magic, at));
  if (found !== undefined) throw new GraphError('malformed', `not an ONNX model but ${found[2]}: export the model to ONNX first`);
}

const FORMATS: readonly (readonly [magic: string, at: number, what: string])[] = [
  ['PK\x03\x04', 0, 'a zip archive, as PyTorch and Keras write them (pickles are never executed)'],
  ['\x80\x02', 0, 'a Python pickle, which is never executed'],
  ['\x80\x04', 0, 'a Python pickle, which is never executed'],
  ['\x89HDF', 0, 'an HDF5 file, as Keras writes them'],
  ['TFL3', 4, 'a TensorFlow Lite model'],
  ['\x93NUM', 0, 'a NumPy array'],
  ['<', 0, 'a text file'],
  ['{', 0, 'a text file'],
];
