import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAX_TEXT } from '@vitrine/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examineEach, type Examined } from './each.js';
import { load, type LoadedModel } from './model.js';
import { readTextFile, textsIn, type TextOrFault } from './textFile.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let model: LoadedModel;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'vitrine-each-'));
  model = await load(path.join(root, 'models/bert_mini_sst2_ts_opset14.onnx'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await model.close();
});

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
};
async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('texts are examined one by one: none is asked for before the one in front of it is done with', async () => {
  let asked = 0;
  function* texts(): Generator<string> {
    for (;;) yield `good film ${asked++}`;
  }
  const seen: Examined[] = [];
  for await (const one of examineEach(model, { texts: texts() })) {
    seen.push(one);
    expect(asked).toBe(seen.length);
    if (seen.length === 3) break;
  }
  expect(seen.map(({ number, of, exam }) => [number, of, exam!.text!.encoded.texts[0]])).toEqual(
    [0, 1, 2].map((i) => [i, undefined, `good film ${i}`]),
  );
});

test('a text that cannot be read has a failure in place of an exam', async () => {
  const found = await all(examineEach(model, { texts: ['good', '', { text: 'bad', pair: 'good', maxTokens: 5 }], maxTokens: 3 }));
  expect(found.map(({ failure }) => failure?.message)).toEqual([undefined, 'the text is empty: give some words', undefined]);
  expect(found[2]!.exam!.text!.encoded.tokens).toHaveLength(5);
});

test('an example of an array that is refused leaves the others', async () => {
  const int64 = (values: readonly number[]) => ({ dtype: 'int64', dims: [2, 3], data: BigInt64Array.from(values, BigInt) }) as const;
  const given = {
    input_ids: int64([2, 5, 3, 2, 99_999, 3]),
    attention_mask: int64([1, 1, 1, 1, 1, 1]),
    token_type_ids: int64([0, 0, 0, 0, 0, 0]),
  };
  const found = await all(examineEach(model, given));
  expect(found.map(({ number, of, failure }) => [number, of, failure === undefined])).toEqual([
    [0, 2, true],
    [1, 2, false],
  ]);
});

const told = (items: readonly TextOrFault[]): readonly string[] => items.map((item) => (item instanceof Error ? item.message : item.text));

test('lines that hold no text are told by number, whatever stands in them', async () => {
  const lines = [
    Buffer.from('one\n'),
    Buffer.of(0, 1, 2, 10),
    Buffer.from('deux é\n'),
    Buffer.of(0xff, 0xfe, 10),
    Buffer.from('x'.repeat(4 * MAX_TEXT + 1)),
    Buffer.from('\nlast'),
  ];
  const name = file('lines.txt', Buffer.concat(lines));
  expect(told(await all(textsIn(name)))).toEqual([
    'one',
    `${name}, line 2 is not text: it holds zero bytes`,
    'deux é',
    `${name}, line 4 is not text in UTF-8: save it as UTF-8`,
    `${name}, line 5 holds more than the 4,194,304 characters that one text may have: give a part of it`,
    'last',
  ]);
});

test('a character that two pieces of a file share is whole', async () => {
  // Files are read in pieces of 64 KB.
  const text = `${'x'.repeat(65_535)}é😀`;
  for (const name of [file('a.txt', `${text}\n`), file('a.csv', `text\n${text}`), file('a.jsonl', JSON.stringify({ text }))])
    expect(told(await all(textsIn(name)))).toEqual([text]);
});

test('one text is read from a file of text only', async () => {
  await expect(readTextFile(file('utf16.txt', Buffer.from('\uFEFFgood', 'utf16le')))).rejects.toThrow(
    'utf16.txt is text in UTF-16: save it as UTF-8',
  );
  await expect(readTextFile(file('zeros', new Uint8Array(8)))).rejects.toThrow('zeros is not text: it holds zero bytes');
  await expect(readTextFile(file('huge.txt', new Uint8Array(4 * MAX_TEXT + 1).fill(0x61)))).rejects.toThrow(
    'huge.txt holds more than the 4,194,304 characters',
  );
  await expect(readTextFile(folder)).rejects.toThrow('is a folder, not a file');
  expect(await readTextFile(file('plain.txt', '\uFEFFa\r\nb\r\n'))).toBe('a\r\nb');
});
