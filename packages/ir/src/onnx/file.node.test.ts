import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { GraphError } from '../error.js';
import type { Weight } from '../graph.js';
import { attr, constant, info, modelFile, node } from '../testing/models.js';
import { run } from '../testing/ort.js';
import { bytesOf, tensorOf, repeated } from '../tensor.js';
import { digestFile, openModel, weightBytes } from './file.node.js';
import type { GraphProto, TensorProto } from './proto.js';
import { writeModelFile } from './writeFile.node.js';
import { InferenceSession } from 'onnxruntime-node';

/** More floats than are read for being small. */
const N = 100;
const ones = Array.from({ length: N }, (_, i) => i + 1);
const root = mkdtempSync(join(tmpdir(), 'vitrine-ir-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => {
  const path = join(root, String(++folders));
  mkdirSync(path);
  return path;
};
const descriptors = (): number => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

const external = (location: string, more: { readonly [key: string]: string } = {}, dims: readonly number[] = [N]): TensorProto => ({
  name: 'w',
  dims,
  data_type: 1,
  data_location: 1,
  external_data: Object.entries({ location, ...more }).map(([key, value]) => ({ key, value })),
});
const adding = (w: TensorProto, dims: readonly number[] = [N]): GraphProto => ({
  input: [info('x', 'float32', dims)],
  output: [info('y', 'float32', dims)],
  initializer: [w],
  node: [node('Add', ['x', 'w'], ['y'])],
});
const weights = bytesOf(tensorOf('float32', [N], ones));
const weightOf = (path: string): Weight => [...openModel(path).graph.initializers.values()][0] as Weight;

/** A model of some gigabytes that takes no room on the disk: a hole where the weights are. */
function holed(path: string, megabytes: number): void {
  const bytes = megabytes * 2 ** 20;
  const varint = (value: number): readonly number[] => (value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]);
  const dims = [megabytes, 2 ** 18];
  // GraphProto.initializer with raw_data last; then the rest of the model.
  const tensor = [...dims.flatMap((d) => [8, ...varint(d)]), 16, 1, 66, 1, 119, 74, ...varint(bytes)];
  const initializer = [42, ...varint(tensor.length + bytes), ...tensor];
  const rest = modelFile({
    input: [info('x', 'float32', dims)],
    output: [info('y', 'float32', dims)],
    node: [node('Add', ['x', 'w'], ['y'])],
  });
  const head = [58, ...varint(initializer.length + bytes), ...initializer];
  const fd = openSync(path, 'w');
  writeSync(fd, Uint8Array.from(head));
  writeSync(fd, rest, 0, rest.length, head.length + bytes);
  ftruncateSync(fd, head.length + bytes + rest.length);
  closeSync(fd);
}

describe('opening a file', () => {
  test.each([1900, 6000])('a model of %i megabytes opens without its weights being read', (megabytes) => {
    const path = join(folder(), 'large.onnx');
    holed(path, megabytes);
    const [before, start] = [process.memoryUsage().rss, performance.now()];
    const { graph } = openModel(path);
    expect(performance.now() - start).toBeLessThan(500);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
    const [weight] = [...graph.initializers.values()] as Weight[];
    expect(weight!.at).toMatchObject({ file: path, length: megabytes * 2 ** 20 });
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Add']);
    rmSync(path);
  });

  test('external data of three gigabytes stays where it is', () => {
    const dir = folder();
    const fd = openSync(join(dir, 'w.bin'), 'w');
    ftruncateSync(fd, 3 * 2 ** 30 + 16);
    writeSync(fd, weights, 0, 16, 3 * 2 ** 30);
    closeSync(fd);
    writeFileSync(
      join(dir, 'm.onnx'),
      modelFile(adding(external('w.bin', { offset: '16', length: String(3 * 2 ** 30) }, [3 * 2 ** 28]), [3 * 2 ** 28])),
    );
    const start = performance.now();
    const weight = weightOf(join(dir, 'm.onnx'));
    expect(performance.now() - start).toBeLessThan(500);
    expect(weight.at).toEqual({ file: join(dir, 'w.bin'), offset: 16, length: 3 * 2 ** 30 });
    expect([...weightBytes({ ...weight, at: { file: join(dir, 'w.bin'), offset: 3 * 2 ** 30, length: 16 } })]).toEqual([
      ...weights.subarray(0, 16),
    ]);
    rmSync(join(dir, 'w.bin'));
  });

  test('weights are places in the file, and weightBytes reads them', () => {
    const path = join(folder(), 'm.onnx');
    writeFileSync(path, modelFile(adding(constant('w', 'float32', [N], ones))));
    const before = descriptors();
    const weight = weightOf(path);
    expect(weight.at).toMatchObject({ file: path, length: 4 * N });
    expect([...weightBytes(weight)]).toEqual([...weights]);
    expect(descriptors()).toBe(before);
  });

  test('constants that matter are known all the same', () => {
    const path = join(folder(), 'm.onnx');
    const shape = constant('s', 'int64', [2], [2, -1]);
    writeFileSync(
      path,
      modelFile({
        input: [info('x', 'float32', [2, 3, 4])],
        output: [info('y')],
        node: [node('Constant', [], ['s'], attr.tensor('value', shape)), node('Reshape', ['x', 's'], ['y'])],
      }),
    );
    expect(openModel(path).graph.outputs[0]!.type.shape).toEqual([2, 12]);
  });

  test('a linked model finds its data beside the link and beside itself', () => {
    const [blobs, snapshot] = [folder(), folder()];
    writeFileSync(join(blobs, 'abc'), modelFile(adding(external('m.onnx_data'))));
    writeFileSync(join(blobs, 'def'), weights);
    symlinkSync(join(blobs, 'abc'), join(snapshot, 'm.onnx'));
    symlinkSync(join(blobs, 'def'), join(snapshot, 'm.onnx_data'));
    expect([...weightBytes(weightOf(join(snapshot, 'm.onnx')))]).toEqual([...weights]);
  });
});

describe('every failure is one sentence that names the file', () => {
  const cases: readonly (readonly [what: string, location: string, why: RegExp])[] = [
    ['an absolute path', '/etc/passwd', /tensor w: its data lies in \/etc\/passwd, which is not relative/],
    ['a path of another system', 'C:\\w.bin', /not relative/],
    ['a way out', '../w.bin', /leads out of the model's folder/],
    ['a way out and back', `sub/../../x/w.bin`, /leads out of the model's folder/],
    ['a backslashed way out', '..\\w.bin', /leads out of the model's folder/],
    ['a link that leads out', 'link.bin', /is a link that leads out of the model's folder/],
    ['a folder linked out', 'out/secret.bin', /is a link that leads out of the model's folder/],
    ['a file that is missing', 'missing.bin', /tensor w: its data lies in missing.bin, which does not exist/],
    ['a folder', 'sub', /is not a file but a folder/],
    ['a zero byte', 'w\0.bin', /is no path/],
    ['a file that is too short', 'short.bin', /tensor w: bytes 0 to 400 lie beyond the end of short.bin, which has 3/],
    ['the folder itself', '.', /is a link that leads out|not a file/],
  ];
  test.each(cases)('external data: %s', (_, location, why) => {
    const [dir, elsewhere] = [folder(), folder()];
    mkdirSync(join(dir, 'sub'));
    writeFileSync(join(elsewhere, 'secret.bin'), weights);
    symlinkSync(join(elsewhere, 'secret.bin'), join(dir, 'link.bin'));
    symlinkSync(elsewhere, join(dir, 'out'));
    writeFileSync(join(dir, 'short.bin'), 'abc');
    const path = join(dir, 'm.onnx');
    writeFileSync(path, modelFile(adding(external(location))));
    const before = descriptors();
    expect(() => openModel(path)).toThrow(GraphError);
    expect(() => openModel(path)).toThrow(why);
    expect(() => openModel(path)).toThrow(path);
    expect(descriptors()).toBe(before);
  });

  test.each(['-1', '1e3', '0x10', '9999999999999999'])('an offset of %s', (offset) => {
    const dir = folder();
    writeFileSync(join(dir, 'w.bin'), weights);
    writeFileSync(join(dir, 'm.onnx'), modelFile(adding(external('w.bin', { offset }))));
    expect(() => openModel(join(dir, 'm.onnx'))).toThrow(`'${offset}' is no offset or length into w.bin`);
  });

  test('files that are not there, not files or not models', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'empty.onnx'), '');
    writeFileSync(join(dir, 'zip.onnx'), 'PK\x03\x04 and so on');
    expect(() => openModel(join(dir, 'none.onnx'))).toThrow(new GraphError('unreadable-file', `${join(dir, 'none.onnx')} does not exist`));
    expect(() => openModel(dir)).toThrow(`${dir} is not a file but a folder`);
    expect(() => openModel(join(dir, 'empty.onnx'))).toThrow(`${join(dir, 'empty.onnx')}: the file is empty`);
    expect(() => openModel(join(dir, 'zip.onnx'))).toThrow(/not an ONNX model but a zip archive/);
    await expect(digestFile(join(dir, 'none'))).rejects.toThrow(`${join(dir, 'none')} does not exist`);
    expect(() => weightBytes({ type: { dtype: 'uint8', shape: [9] }, at: { file: join(dir, 'zip.onnx'), offset: 10, length: 9 } })).toThrow(
      /zip.onnx: ends before byte 19/,
    );
  });

  test('a pipe does not keep us waiting', async () => {
    const { execFileSync } = await import('node:child_process');
    const pipe = join(folder(), 'pipe.onnx');
    execFileSync('mkfifo', [pipe]);
    expect(() => openModel(pipe)).toThrow(`${pipe} is not a file`);
  });
});

test('digestFile is SHA-256', async () => {
  const path = join(folder(), 'abc');
  writeFileSync(path, 'abc');
  expect(await digestFile(path)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

const stored = (dir: string): string => {
  writeFileSync(join(dir, 'w.bin'), Buffer.concat([Buffer.alloc(7), weights]));
  writeFileSync(join(dir, 'm.onnx'), modelFile(adding(external('w.bin', { offset: '7' }))));
  return join(dir, 'm.onnx');
};

describe('writing a file', () => {
  const x = tensorOf('float32', [N], ones);
  const answer = ones.map((v) => 2 * v);
  const answerOf = async (path: string): Promise<readonly number[]> => {
    const session = await InferenceSession.create(path);
    const { y } = await session.run({ x: new (await import('onnxruntime-node')).Tensor('float32', x.data as Float32Array, [N]) });
    await session.release();
    return [...(y!.data as Float32Array)];
  };

  test('refers to weights where they lie, unaligned and inside another model', async () => {
    const dir = folder();
    writeModelFile(join(dir, 'n.onnx'), openModel(stored(dir)).graph);
    expect(await answerOf(join(dir, 'n.onnx'))).toEqual(answer);
    writeFileSync(join(dir, 'inline.onnx'), modelFile(adding(constant('w', 'float32', [N], ones))));
    writeModelFile(join(dir, 'refers.onnx'), openModel(join(dir, 'inline.onnx')).graph);
    expect(await answerOf(join(dir, 'refers.onnx'))).toEqual(answer);
    expect(readdirSync(dir).toSorted()).toEqual(['inline.onnx', 'm.onnx', 'n.onnx', 'refers.onnx', 'w.bin']);
  });

  test('copies weights to another folder, those of subgraphs too', async () => {
    const [dir, other] = [folder(), folder()];
    const branch = (name: string): GraphProto => ({
      name,
      output: [info('z')],
      initializer: [external('w.bin', { offset: '7' })],
      node: [node('Add', ['x', 'w'], ['z'])],
    });
    const graph: GraphProto = {
      ...adding(external('w.bin', { offset: '7' })),
      input: [info('x', 'float32', [N]), info('c', 'bool', [])],
      node: [
        node('If', ['c'], ['t'], attr.graph('then_branch', branch('a')), attr.graph('else_branch', branch('b'))),
        node('Sub', ['t', 'w'], ['y']),
      ],
    };
    stored(dir);
    writeFileSync(join(dir, 'if.onnx'), modelFile(graph));
    writeModelFile(join(other, 'if.onnx'), openModel(join(dir, 'if.onnx')).graph, { copyWeights: true });
    expect(readdirSync(other).toSorted()).toEqual(['if.onnx', 'if.onnx.data']);
    const { graph: copy } = openModel(join(other, 'if.onnx'));
    expect([...copy.initializers.values()].every((w) => [...weightBytes(w as Weight)].join() === [...weights].join())).toBe(true);
    writeModelFile(join(other, 'm.onnx'), openModel(join(dir, 'm.onnx')).graph, { copyWeights: true });
    expect(await answerOf(join(other, 'm.onnx'))).toEqual(answer);
  });

  test('in place of a model that holds the weights only with copies', async () => {
    const path = join(folder(), 'm.onnx');
    writeFileSync(path, modelFile(adding(constant('w', 'float32', [N], ones))));
    const { graph } = openModel(path);
    expect(() => writeModelFile(path, graph)).toThrow(/m.onnx: its weights lie in the file that is to be replaced/);
    expect(await answerOf(path)).toEqual(answer);
    writeModelFile(path, graph, { copyWeights: true });
    expect(await answerOf(path)).toEqual(answer);
    // And once more, over the copies it refers to.
    writeModelFile(path, openModel(path).graph, { copyWeights: true });
    expect(await answerOf(path)).toEqual(answer);
  });

  test('leaves what was there when it fails', () => {
    const [dir, other] = [folder(), folder()];
    const { graph } = openModel(stored(dir));
    const target = join(other, 'm.onnx');
    writeFileSync(target, 'before');
    expect(() => writeModelFile(target, graph)).toThrow(/outside the folder of the model: write beside it, or copy the weights/);
    rmSync(join(dir, 'w.bin'));
    expect(() => writeModelFile(target, graph, { copyWeights: true })).toThrow(/w.bin does not exist/);
    expect(() => writeModelFile(join(other, 'none', 'm.onnx'), graph)).toThrow(/does not exist/);
    expect(readFileSync(target, 'utf8')).toBe('before');
    expect(readdirSync(other)).toEqual(['m.onnx']);
  });

  test('many chunks arrive in order', async () => {
    const path = join(folder(), 'm.onnx');
    const many = Array.from({ length: 1500 }, (_, i) => constant(`w${i}`, 'float32', [2048], repeated(2048, i)));
    const graph: GraphProto = {
      input: [info('x', 'float32', [2048])],
      output: [info('y')],
      initializer: many,
      node: [node('Sum', ['x', ...many.map(({ name }) => name!)], ['y'])],
    };
    const bytes = modelFile(graph);
    const { readModel } = await import('./read.js');
    const { memory } = await import('./source.js');
    writeModelFile(path, readModel(memory(bytes)).graph);
    const { y } = Object.fromEntries(await run(readFileSync(path), new Map([['x', tensorOf('float32', [2048], repeated(2048, 0))]])));
    expect(y!.data[0]).toBe((1499 * 1500) / 2);
  });
});
