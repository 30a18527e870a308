import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { DataError, type Tokenizer } from '@vitrine/data';
import { readTokenizer } from '@vitrine/data/node';

const FILE = 'tokenizer.json';
/** What tokenizers are made of that are slower, and need Python. */
const SLOW = [
  'vocab.txt',
  'spiece.model',
  'sentencepiece.bpe.model',
  'tokenizer.model',
  'vocab.json',
  'merges.txt',
  'tekken.json',
  'tokenizer_config.json',
];

/**
 * The tokenizer of a model: the one that is given, as itself, as a file or as the folder of one, or the one beside the model's main file.
 * `name` stands for the model in messages. @throws DataError when there is none, or its file cannot be read
 */
export async function tokenizerFor(main: string, name: string, given: string | Tokenizer | undefined): Promise<Tokenizer> {
  if (typeof given === 'object') return given;
  if (given !== undefined && !isFolder(given)) return readTokenizer(given);
  if (given !== undefined && existsSync(path.join(given, FILE))) return readTokenizer(path.join(given, FILE));
  const own = path.dirname(main);
  for (const folder of given === undefined ? [own, ...(path.basename(own) === 'onnx' ? [path.dirname(own)] : [])] : [given]) {
    const slow = SLOW.find((file) => existsSync(path.join(folder, file)));
    if (slow !== undefined)
      throw new DataError(
        'unreadable',
        `${folder} has ${slow} and no ${FILE}: write one with python -c "from transformers import AutoTokenizer as T; T.from_pretrained('${folder}').save_pretrained('${folder}')"`,
      );
  }
  throw new DataError(
    'unreadable',
    given === undefined
      ? `there is no ${FILE} beside ${name}: give the one it was trained with, as --tokenizer FILE`
      : `${given} is a folder without a ${FILE}: give the one that the model was trained with, as --tokenizer FILE`,
  );
}

function isFolder(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    return false; // Whatever is wrong with it, reading it says so.
  }
}
