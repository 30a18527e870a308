import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isIntact, tensorDigest, type ExplanationRecord } from '@vitrine/audit';
import { readNpy } from '@vitrine/data';
import { tensorOf } from '@vitrine/ir';
import { info, modelFile, node } from '@vitrine/ir/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examine } from './exam.js';
import { load } from './model.js';
import { filesOf, writeBeside, writeFolder, writeWhole } from './save.js';

let scratch: string;
const at = (name: string): string => path.join(scratch, name);
beforeAll(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'vitrine-save-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('a record that was saved is intact, and names the file of each attribution', async () => {
  const long = 'long'.repeat(75);
  writeFileSync(
    at('sum.onnx'),
    modelFile({
      input: ['b/c', 'b_c', long].map((name) => info(name, 'float32', ['N', 3])),
      output: [info('y', 'float32', ['N', 3])],
      node: [node('Mul', ['b/c', 'b_c'], ['p']), node('Mul', ['p', long], ['y'])],
    }),
  );
  const model = await load(at('sum.onnx'));
  try {
    const of = (...values: readonly number[]) => tensorOf('float32', [1, 3], values);
    const exam = await examine(model, { 'b/c': of(1, 2, 3), b_c: of(4, 5, 6), [long]: of(1, 1, 1) });
    const answer = await exam.explain({ method: 'gradient', target: '1' });
    await writeFolder(at('out'), await filesOf(exam, answer));
    const record = JSON.parse(readFileSync(at('out/gradient.json'), 'utf8')) as ExplanationRecord;
    expect(await isIntact(record)).toBe(true);
    expect(record.id).toBe(answer.record.id);
    expect(record.attributions.map(({ at: name }) => name)).toEqual(['b/c', 'b_c', long]);
    expect(new Set(record.attributions.map(({ file }) => file)).size).toBe(3);
    for (const { file, digest } of record.attributions) expect(await tensorDigest(readNpy(readFileSync(at(`out/${file}`))))).toBe(digest);
  } finally {
    await model.close();
  }
});

describe('what is no file is not replaced', () => {
  const pipe = (name: string): string => {
    execFileSync('mkfifo', [at(name)]);
    return at(name);
  };
  test('by one file', async () => {
    const target = pipe('pipe.html');
    await expect(writeWhole(target, 'page')).rejects.toThrow(`nothing was written to ${target}: it is a device or a pipe`);
    await expect(writeBeside(target, () => expect.unreachable())).rejects.toThrow('a device or a pipe');
    expect(lstatSync(target).isFIFO()).toBe(true);
  });
  test('by one of several files, none of which is written', async () => {
    mkdirSync(at('folder/b'), { recursive: true });
    execFileSync('mkfifo', [at('folder/c')]);
    await expect(
      writeFolder(
        at('folder'),
        new Map([
          ['a', 'a'],
          ['c', 'c'],
        ]),
      ),
    ).rejects.toThrow('a device or a pipe');
    await expect(
      writeFolder(
        at('folder'),
        new Map([
          ['a', 'a'],
          ['b', 'b'],
        ]),
      ),
    ).rejects.toThrow('it is a folder');
    expect(readdirSync(at('folder')).toSorted()).toEqual(['b', 'c']);
    expect(lstatSync(at('folder/c')).isFIFO()).toBe(true);
  });
});
