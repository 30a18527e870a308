import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MAX_TEXT } from '@vitrine/data';
import { describe, expect, test } from 'vitest';
import { root, workplace, type Outcome } from '../testing/command.js';

const bert = path.join(root, 'models/bert_mini_sst2_ts_opset14.onnx');
const vocabulary = path.join(root, 'models/bert_mini_sst2.tokenizer.json');
const byteLevel = path.join(root, 'packages/data/testdata/text/byte-level.json');
const { at, vitrine } = workplace();
const explain = (model: string, ...args: readonly string[]): Promise<Outcome> => vitrine('explain', model, '--method', 'gradient', ...args);
const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';

/** A folder of these files; names may lead through folders. */
function folder(name: string, files: { readonly [file: string]: string | Uint8Array }): string {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(at(path.join(name, file))), { recursive: true });
    writeFileSync(at(path.join(name, file)), content);
  }
  return name;
}

describe('what is no text is refused in one sentence', () => {
  test.each([
    [
      'a file of 100 MB',
      ['--text-file', 'huge.txt'],
      'huge.txt holds more than the 4,194,304 characters that one text may have: give a part of it',
    ],
    ['a binary file', ['--text-file', 'binary'], 'binary is not text: it holds zero bytes'],
    ['UTF-16', ['--text-file', 'utf16.txt'], 'utf16.txt is text in UTF-16: save it as UTF-8'],
    ['a folder', ['--text-file', '.'], '. is a folder, not a file'],
    ['no character that is read', ['--text', '\u200B\u200D'], 'the text holds no token: give some words'],
    ['half a character', ['--texts', 'half.jsonl'], '1 of 1 text failed'],
    ['a file of nothing but space', ['--text-file', 'space.txt'], 'the text is empty'],
  ])('%s', async (_, args, message) => {
    writeFileSync(at('huge.txt'), new Uint8Array(25 * MAX_TEXT).fill(0x61));
    writeFileSync(at('binary'), Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0));
    writeFileSync(at('utf16.txt'), Buffer.from('\uFEFFgood', 'utf16le'));
    writeFileSync(at('half.jsonl'), '{"text":"a \\ud83d b"}\n');
    writeFileSync(at('space.txt'), '\uFEFF \r\n');
    const { code, err } = await explain(bert, ...args);
    expect(err).toContain(message);
    expect([code, err.trimEnd().split('\n').length]).toEqual([1, args.includes('--texts') ? 2 : 1]);
  });
});

test('line ends of Windows and signs alone are text', async () => {
  writeFileSync(at('windows.txt'), '\uFEFFgood\r\nfilm\r\n');
  expect((await explain(bert, '--text-file', 'windows.txt')).out).toMatch(/ good\n.* film\n/);
  expect((await explain(bert, '--text', '..., !')).out).toMatch(/ \.\n/);
});

describe('tokenizers', () => {
  test.each([
    ['an empty file', 'empty.json', 'empty.json is empty: download it again'],
    ['other JSON', 'other.json', 'other.json is no tokenizer.json that can be read'],
    ['a pointer of Git LFS', 'pointer.json', 'pointer.json is a Git LFS pointer in place of the file: fetch it with git lfs pull'],
    ['a folder without one', 'bare', 'bare is a folder without a tokenizer.json: give the one that the model was trained with'],
    [
      'a folder with a slow one',
      'slow',
      /^vitrine: slow has vocab\.txt and no tokenizer\.json: write one with python -c "from transformers import AutoTokenizer/,
    ],
  ])('%s is told', async (_, file, message) => {
    writeFileSync(at('empty.json'), '');
    writeFileSync(at('other.json'), '["a"]');
    writeFileSync(at('pointer.json'), POINTER);
    folder('bare', { 'README.md': '' });
    folder('slow', { 'vocab.txt': '[PAD]\n', 'tokenizer_config.json': '{}' });
    const { code, out, err } = await explain(bert, '--text', 'a', '--tokenizer', file);
    expect(err).toMatch(message);
    expect([code, out, err.trimEnd().split('\n').length]).toEqual([1, '', 1]);
  });

  test('a folder with one will do', async () => {
    folder('given', {});
    mkdirSync(at('given'), { recursive: true });
    cpSync(vocabulary, at('given/tokenizer.json'));
    expect((await explain(bert, '--text', 'good', '--tokenizer', 'given')).out).toMatch(/ good\n/);
  });

  test.each(['vocab.txt', 'spiece.model', 'merges.txt', 'tokenizer_config.json'])('beside the model there is only %s', async (file) => {
    const name = folder(`only-${file}`, { [file]: '{}', 'onnx/none': '' });
    cpSync(bert, at(`${name}/onnx/model.onnx`));
    const { err } = await explain(`${name}/onnx/model.onnx`, '--text', 'a');
    expect(err).toMatch(new RegExp(`only-${file} has ${file} and no tokenizer\\.json: write one with python`));
  });

  test('far fewer tokens than the model embeds are noted', async () => {
    const { code, err } = await explain(bert, '--text', 'good', '--tokenizer', byteLevel);
    expect(code).toBe(0);
    expect(err).toMatch(
      /byte-level\.json has 500 tokens, and bert_mini_sst2_ts_opset14\.onnx embeds 6000: if it is another model's, the words are read wrongly/,
    );
  });

  test('two texts that nothing keeps apart are noted', async () => {
    const stories = path.join(root, 'models/stories260k_ts_opset14.onnx');
    const note = 'the tokenizer puts nothing between the two texts: the model reads them as one';
    expect((await explain(stories, '--text', 'good', '--pair', 'bad', '--tokenizer', byteLevel)).err).toContain(note);
    expect((await explain(bert, '--text', 'good', '--pair', 'bad')).err).toBe('');
  });
});

test('a model that reads no text says what it takes', async () => {
  const { err } = await explain(path.join(root, 'models/squeezenet1.1.onnx'), '--text', 'a dog');
  expect(err).toBe('vitrine: squeezenet1.1.onnx reads no text: it takes data float32 [N,3,224,224]\n');
});

test('one token is no tagged word of a model that classifies', async () => {
  const { out } = await explain(bert, '--text', 'a', '--tokenizer', byteLevel);
  expect(out).toMatch(/^gradient {2}(good|bad) /m);
});

describe('folders', () => {
  const config = '{"model_type":"bert","architectures":["BertModel"]}';
  test.each([
    [
      'pytorch_model.bin',
      'pytorch_model.bin, a pickle, which may run any code when it is read and so never is: save the model as safetensors',
    ],
    ['pytorch_model.bin.index.json', 'a pickle'],
    ['tf_model.h5', 'tf_model.h5, weights of TensorFlow, which is not read'],
    ['flax_model.msgpack', 'weights of Flax'],
    ['adapter_model.safetensors', 'an adapter without its model: merge the two'],
    ['onnx/decoder_model.onnx', 'one of several ONNX files that make a model together'],
    ['model.safetensors', 'is a Git LFS pointer in place of the file: fetch it with git lfs pull'],
    ['onnx/model.onnx', 'a Git LFS pointer in place of the file: fetch it with git lfs pull'],
  ])('with %s say what to do', async (file, message) => {
    const { code, out, err } = await vitrine('inspect', folder(`f-${file.replace('/', '-')}`, { 'config.json': config, [file]: POINTER }));
    expect(err).toContain(message);
    expect([code, out, err.trimEnd().split('\n').length]).toEqual([1, '', 1]);
  });

  const exported = (name: string, file: string, more: { readonly [file: string]: string } = {}): string => {
    folder(name, {
      'config.json': '{"model_type":"bert","id2label":{"0":"NEGATIVE","1":"POSITIVE"},"max_position_embeddings":64}',
      [file]: '',
      ...more,
    });
    cpSync(bert, at(`${name}/${file}`));
    cpSync(vocabulary, at(`${name}/tokenizer.json`));
    return name;
  };

  test.each(['onnx/model.onnx', 'model.onnx', 'onnx/model_quantized.onnx'])('with %s are read as exporters write them', async (file) => {
    const { code, out, err } = await explain(
      exported(`x-${file.replace('/', '-')}`, file),
      '--text',
      'a wonderful film',
      '--target',
      'label:POSITIVE',
    );
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/says\n {2}POSITIVE .* %\n {2}NEGATIVE /);
    expect(out).toMatch(/ wonderful\n/);
  });

  test('with both an ONNX file and safetensors are read from the safetensors, and the full precision goes before others', async () => {
    exported('both', 'onnx/model.onnx');
    cpSync(path.join(root, 'golden/huggingface/bert-sequence'), at('both'), { recursive: true });
    expect((await vitrine('inspect', 'both')).out).toContain('by huggingface BertForSequenceClassification');
    exported('several', 'onnx/model.onnx', { 'onnx/model_quantized.onnx': 'none' });
    expect((await vitrine('inspect', 'several')).out).toMatch(/^several {2}ONNX opset 14/);
  });
});
