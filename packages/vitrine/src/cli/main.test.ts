import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeNpy, writeNpz } from '@vitrine/data';
import { encodePng } from '@vitrine/data/node';
import { sizeOf, type Tensor } from '@vitrine/ir';
import { constant, info, modelFile, node } from '@vitrine/ir/testing';
import { describe, expect, test } from 'vitest';
import { main, root, workplace, type Outcome } from '../testing/command.js';

const squeezenet = path.join(root, 'models/squeezenet1.1.onnx');
const dog = path.join(root, 'examples/pictures/dog.jpg');
const labels = path.join(root, 'models/imagenet-labels.json');
const { at, vitrine } = workplace();

const tensor = (dims: readonly number[], value = 0.5): Tensor => ({
  dtype: 'float32',
  dims,
  data: new Float32Array(sizeOf(dims)).fill(value),
});
const explain = (...args: readonly string[]): Promise<Outcome> => vitrine('explain', squeezenet, '--method', 'gradient', ...args);

describe('the main job', () => {
  test('explain writes arrays, pictures, the record and the report', async () => {
    const { code, out, err } = await vitrine(
      'explain',
      squeezenet,
      '--input',
      dog,
      '--method',
      'grad-cam,gradient',
      '--labels',
      labels,
      '--save',
      at('out'),
      '--report',
      at('why.html'),
    );
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('Pomeranian');
    const names = ['grad-cam', 'gradient'].flatMap((m) => [
      `${m}.contour.png`,
      `${m}.heatmap.png`,
      `${m}.json`,
      `${m}.npy`,
      `${m}.overlay.png`,
    ]);
    expect(readdirSync(at('out')).toSorted()).toEqual(names.toSorted());
    const record = JSON.parse(readFileSync(at('out/grad-cam.json'), 'utf8')) as { readonly [field: string]: unknown };
    for (const field of [
      'id',
      'modelDigest',
      'dataDigest',
      'configDigest',
      'graphDigest',
      'seed',
      'environment',
      'method',
      'methodParams',
      'target',
      'predicted',
      'attributions',
      'recomputeTolerance',
    ])
      expect(record).toHaveProperty(field);
    const page = readFileSync(at('why.html'), 'utf8');
    expect(page).toContain('Why “Pomeranian”?');
    expect(page).not.toMatch(/src="(?!data:)|<script|https?:\/\/(?!www\.w3\.org)/);
  });

  test('--json prints records and nothing else on stdout', async () => {
    const { code, out } = await explain('--input', dog, '--json');
    expect(code).toBe(0);
    expect((JSON.parse(out) as readonly { method: string }[])[0]!.method).toBe('gradient');
  });

  test('the same command gives the same attribution, bit for bit', async () => {
    const smooth = (folder: string): Promise<Outcome> => {
      const noisy = ['--method', 'smoothgrad', '--option', 'samples=3', '--seed', '5'];
      return vitrine('explain', squeezenet, '--input', dog, ...noisy, '--save', folder);
    };
    await smooth(at('a'));
    await smooth(at('b'));
    expect(readFileSync(at('a/smoothgrad.npy'))).toEqual(readFileSync(at('b/smoothgrad.npy')));
  });

  test('inspect, check and methods say what there is', async () => {
    const inspect = await vitrine('inspect', squeezenet);
    expect(inspect.out).toMatch(/1,235,496 parameters/);
    expect(inspect.out).toMatch(/chosen for CAM methods/);
    const check = await vitrine('check', squeezenet, '--method', 'gradient');
    expect(check.code).toBe(0);
    expect(check.out).toMatch(/✓ Conv × 26/);
    expect((await vitrine('methods')).out).toMatch(/integrated-gradients/);
    expect(JSON.parse((await vitrine('methods', '--json')).out)).toBeInstanceOf(Array);
  });

  test('compile writes an explainer', async () => {
    const { code, err } = await vitrine('compile', squeezenet, '--method', 'grad-cam', '--out', at('cam.onnx'));
    expect(err).toBe('');
    expect(code).toBe(0);
    expect((await vitrine('inspect', at('cam.onnx'))).out).toMatch(/attribution/);
  });

  test('completion scripts are printed', async () => {
    const { code, out } = await vitrine('complete', 'bash');
    expect(code).toBe(0);
    expect(out).toMatch(/vitrine/);
  });
});

/** Each ends with exit code 1 or 2 and one sentence that names the thing at fault; nothing is written. */
describe('what is wrong is said in one sentence', () => {
  const check = (outcome: Outcome, ...said: readonly (string | RegExp)[]): void => {
    expect(outcome.code === 1 || outcome.code === 2).toBe(true);
    expect(outcome.err.trim().split('\n').length).toBe(1);
    expect(outcome.err).not.toMatch(/ {4}at |fault of Vitrine/);
    for (const part of said) expect(outcome.err).toMatch(part);
  };

  test('a model that is not there', async () => check(await vitrine('inspect', 'nowhere.onnx'), /nowhere\.onnx/));
  test('a folder in place of a model', async () => check(await vitrine('inspect', root), /is a folder that holds no model/));
  test('an empty file', async () => {
    writeFileSync(at('empty.onnx'), '');
    check(await vitrine('inspect', at('empty.onnx')), /empty\.onnx/, /empty/);
  });
  test('a truncated model', async () => {
    const bytes = readFileSync(squeezenet);
    for (const length of [10, 1000, bytes.length >> 1, bytes.length - 1]) {
      writeFileSync(at('cut.onnx'), bytes.subarray(0, length));
      check(await vitrine('inspect', at('cut.onnx')), /cut\.onnx/);
    }
  });
  test('a PyTorch pickle given as a model', async () => {
    writeFileSync(at('model.pt'), Buffer.from('PK\x03\x04archive/data.pkl'));
    check(await vitrine('inspect', at('model.pt')), /zip archive/, /export the model to ONNX/);
    writeFileSync(at('old.pth'), Buffer.from([0x80, 2, 0x8a]));
    check(await vitrine('inspect', at('old.pth')), /pickle, which is never executed/);
  });
  test('a text file given as a model', async () => {
    writeFileSync(at('model.onnx'), 'version https://git-lfs.github.com/spec/v1\n');
    check(await vitrine('inspect', at('model.onnx')), /Git LFS pointer/);
  });
  test('an input that is not there', async () => check(await explain('--input', 'nowhere.png'), /there is no file nowhere\.png/));
  test('an input that is no picture', async () => {
    writeFileSync(at('no.png'), 'not a picture');
    check(await explain('--input', at('no.png')), /no\.png is not a picture/);
  });
  test('a picture cut short', async () => {
    writeFileSync(at('half.jpg'), readFileSync(dog).subarray(0, 12_000));
    check(await explain('--input', at('half.jpg')), /half\.jpg/);
  });
  test('a picture of 30,000 × 30,000 pixels, before it is decoded', async () => {
    writeFileSync(at('huge.png'), await hugePng(30_000));
    check(await explain('--input', at('huge.png')), /30000 × 30000 pixels/, /make it smaller/);
  });
  test('the wrong shape', async () => {
    writeFileSync(at('small.npy'), writeNpy(tensor([1, 3, 32, 32])));
    check(await explain('--input', at('small.npy')), /input data has shape \[1,3,32,32\], the model takes \[N,3,224,224\]/);
  });
  test('the wrong dtype', async () => {
    const header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }";
    writeFileSync(at('objects.npy'), Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00${header}`, 'latin1'));
    check(await explain('--input', at('objects.npy')), /holds Python objects/);
  });
  test.each([NaN, Infinity, -Infinity])('an input that holds %s', async (value) => {
    const x = tensor([1, 3, 224, 224]);
    (x.data as Float32Array)[7] = value;
    writeFileSync(at('bad.npy'), writeNpy(x));
    check(await explain('--input', at('bad.npy')), new RegExp(`input data holds ${value} at element 7`));
  });
  test('an array cut short', async () => {
    writeFileSync(at('cut.npy'), writeNpy(tensor([1, 3, 224, 224])).subarray(0, 1000));
    check(await explain('--input', at('cut.npy')), /cut\.npy/, /bytes/);
  });
  test('an input of another name', async () => {
    writeFileSync(at('x.npz'), writeNpz(new Map([['other', tensor([1, 3, 224, 224])]])));
    check(await explain('--input', at('x.npz')), /has no input other: it takes data/);
  });
  test('two inputs for one', async () => check(await explain('--input', dog, '--input', dog), /one input too many/));
  test('an unknown method', async () =>
    check(await vitrine('explain', squeezenet, '--input', dog, '--method', 'magic'), /no method called magic/));
  test('an unknown option of a method', async () => check(await explain('--input', dog, '--option', 'steps=5'), /has no option steps/));
  test('a bad value of an option', async () =>
    check(
      await vitrine('explain', squeezenet, '--input', dog, '--method', 'smoothgrad', '--option', 'samples=0'),
      /samples must be a whole number/,
    ));
  test('an unknown option of the command', async () => {
    const { code, err } = await explain('--input', dog, '--speed', 'fast');
    expect(code).toBe(2);
    expect(err).toMatch(/unknown option '--speed'/);
  });
  test('an unknown target', async () => check(await explain('--input', dog, '--target', 'cat'), /'cat' is no target/));
  test('a class that is not there', async () =>
    check(await explain('--input', dog, '--target', '1000'), /index 1000 lies outside logits \[1000\]/));
  test('a label without names', async () => check(await explain('--input', dog, '--target', 'label:tabby'), /--labels FILE/));
  test('an unknown value', async () => check(await explain('--input', dog, '--at', 'nothing'), /no value nothing/));
  test('a layer for a method that takes none', async () =>
    check(await explain('--input', dog, '--layer', 'pool0'), /gradient takes no layer/));
  test('a device that is not there', async () =>
    check(await explain('--input', dog, '--device', 'dml'), /device dml is not available here/));
  test('a memory budget that is too small', async () => check(await explain('--input', dog, '--memory', '1MB'), /needs about \d+ MB/));
  test('labels that are none', async () => {
    writeFileSync(at('labels.json'), '{"a": {}}');
    check(await explain('--input', dog, '--labels', at('labels.json')), /labels\.json must hold a list of class names/);
  });
  test.each([
    ['weights=/nope.npy', /there is no file \/nope\.npy/],
    ['weights=FOLDER', /is a folder, not a file/],
    ['class:0,mask=/nope.npy', /there is no file \/nope\.npy/],
  ])('a target of a file that is not there: %s', async (text, said) => {
    const target = text.replace('FOLDER', at(''));
    check(await explain('--input', dog, '--target', target), said);
    check(await vitrine('compile', squeezenet, '--method', 'gradient', '--target', target, '--out', at('never.onnx')), said);
    expect(existsSync(at('never.onnx'))).toBe(false);
  });
  test('an option of a method that names a file that is not there, or a folder', async () => {
    mkdirSync(at('folder.npy'));
    const ig = (option: string): Promise<Outcome> =>
      vitrine('explain', squeezenet, '--input', dog, '--method', 'integrated-gradients', '--option', option);
    check(await ig('baseline=/nope.npy'), /there is no file \/nope\.npy/);
    check(await ig(`alphas=${at('folder.npy')}`), /is a folder, not a file/);
  });
  test('a list of no methods', async () => {
    for (const list of [',', '', ' , ']) {
      check(await vitrine('explain', squeezenet, '--input', dog, '--method', list), /names no method/);
      check(await vitrine('check', squeezenet, '--method', list), /names no method/);
      check(await vitrine('compile', squeezenet, '--method', list, '--out', at('never.onnx')), /names no method/);
    }
  });
  test('preprocessing that is not JSON, whatever else is given', async () => {
    writeFileSync(at('broken.json'), '{"crop": ');
    check(await explain('--input', dog, '--preprocess', at('broken.json')), /broken\.json is not valid JSON/);
    check(await explain('--input', dog, '--preprocess', at('broken.json'), '--resize', '256'), /broken\.json is not valid JSON/);
    check(await explain('--input', dog, '--preprocess', at('broken.json'), '--preset', 'tf'), /give one of them/);
  });
  test('a pipe in place of a model, without waiting for what comes through it', async () => {
    execFileSync('mkfifo', [at('pipe.onnx')]);
    check(await vitrine('inspect', at('pipe.onnx')), /pipe\.onnx is not a file/);
  }, 10_000);
  test('a pipe in place of a report, which stays', async () => {
    execFileSync('mkfifo', [at('pipe.html')]);
    check(await explain('--input', dog, '--report', at('pipe.html')), /pipe\.html: it is a device or a pipe/);
    expect(lstatSync(at('pipe.html')).isFIFO()).toBe(true);
  });
  test('an archive that claims gigabytes, before it is unpacked', async () => {
    const archive = Buffer.from(writeNpz(new Map([['data', tensor([1, 3, 224, 224])]])));
    const central = archive.indexOf('PK\x01\x02', 0, 'latin1');
    archive.writeUInt32LE(3 * 2 ** 30, central + 24);
    writeFileSync(at('bomb.npz'), archive);
    check(await explain('--input', at('bomb.npz')), /bomb\.npz would unpack to 3221225472 bytes, more than the 1073741824/);
  });
  test('preprocessing that is none', async () => {
    writeFileSync(at('pre.json'), '{"sharpen": 3}');
    check(await explain('--input', dog, '--preprocess', at('pre.json')), /no preprocessing option sharpen/);
  });

  test('an output folder that cannot be written, with nothing half-written', async () => {
    writeFileSync(at('file'), 'in the way');
    const outcome = await explain('--input', dog, '--save', at('file'));
    check(outcome, /nothing could be written to .*file/);
    expect(readFileSync(at('file'), 'utf8')).toBe('in the way');
    check(await explain('--input', dog, '--report', at('file/why.html')), /nothing could be written to/);
  });
  test.skipIf(process.getuid?.() === 0)('a folder without permission', async () => {
    mkdirSync(at('locked'));
    chmodSync(at('locked'), 0o500);
    check(await explain('--input', dog, '--save', at('locked')), /not writable/);
    expect(existsSync(at('locked/gradient.npy'))).toBe(false);
  });
  test('an operator that has no rule', async () => {
    const { builder, writeModel, joinedBytes } = await import('@vitrine/ir');
    const b = builder();
    const x = b.input('x', { dtype: 'float32', shape: [1, 3] });
    const [y] = b.named({ opType: 'my.domain.Mystery', name: 'mystery', inputs: [x], attrs: {} }, ['y']);
    writeFileSync(at('mystery.onnx'), joinedBytes(writeModel(b.build([b.op.Mul(y!, x)]))));
    const check1 = await vitrine('check', at('mystery.onnx'), '--method', 'gradient');
    expect(check1.code).toBe(1);
    expect(check1.out).toMatch(/✗ my\.domain\.Mystery × 1 {2}no rule\n {4}at mystery/);
    writeFileSync(at('x.npy'), writeNpy(tensor([1, 3])));
    check(await vitrine('explain', at('mystery.onnx'), '--input', at('x.npy'), '--method', 'gradient'), /Mystery/);
  });
});

describe('a picture option is laid over the file beside the model', () => {
  const digest = async (...options: readonly string[]): Promise<string> => {
    const { out, err } = await explain('--input', dog, '--json', ...options);
    expect(err).toBe('');
    return (JSON.parse(out) as readonly { readonly dataDigest: string }[])[0]!.dataDigest;
  };
  test('so that what it does not say stays', async () => {
    const own = await digest();
    expect(await digest('--interpolation', 'bilinear')).toBe(own);
    expect(await digest('--interpolation', 'bicubic')).not.toBe(own);
    expect(await digest('--preset', 'zero-one')).not.toBe(own);
    const beside = readFileSync(squeezenet.replace('.onnx', '.json'), 'utf8');
    writeFileSync(at('beside.json'), beside);
    expect(await digest('--preprocess', at('beside.json'), '--interpolation', 'bicubic')).toBe(await digest('--interpolation', 'bicubic'));
  });
});

describe('a small model', () => {
  /** y = tanh(x w), of 1 and n elements, with these names. */
  const small = (file: string, n: number, [x, y]: readonly [string, string] = ['x', 'y']): string => {
    writeFileSync(
      at(file),
      modelFile({
        input: [info(x, 'float32', ['N', 1])],
        output: [info(y, 'float32', ['N', n])],
        initializer: [
          constant(
            'w',
            'float32',
            [1, n],
            Array.from({ length: n }, (_, i) => Math.sin(i)),
          ),
        ],
        node: [node('Tanh', [x], ['t']), node('MatMul', ['t', 'w'], [y])],
      }),
    );
    writeFileSync(at('one.npy'), writeNpy(tensor([1, 1])));
    return at(file);
  };

  test('is not overwritten by what is compiled from it', async () => {
    const model = small('own.onnx', 3);
    const before = readFileSync(model);
    symlinkSync(model, at('link.onnx'));
    symlinkSync(at('.'), at('here'));
    for (const out of [model, at('link.onnx'), at('here/own.onnx'), './own.onnx'])
      for (const link of [[], ['--link']]) {
        const { code, err } = await vitrine('compile', model, '--method', 'gradient', '--out', out, ...link);
        expect(code).toBe(1);
        expect(err).toMatch(/own\.onnx|link\.onnx/);
        expect(err).toMatch(/is a file of the model itself/);
      }
    expect(readFileSync(model)).toEqual(before);
    expect(lstatSync(at('link.onnx')).isSymbolicLink()).toBe(true);
  });

  test('of 300,000 outputs is explained', async () => {
    const { code, err, out } = await vitrine('explain', small('wide.onnx', 300_000), '--input', at('one.npy'), '--method', 'gradient');
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/1 model run/);
  });

  test('may have an input of any name', async () => {
    const model = small('proto.onnx', 3, ['__proto__', 'constructor']);
    writeFileSync(at('proto.npz'), writeNpz(new Map([['__proto__', tensor([1, 1])]])));
    for (const input of [at('one.npy'), `__proto__=${at('one.npy')}`, at('proto.npz')]) {
      const { code, err, out } = await vitrine('explain', model, '--input', input, '--method', 'gradient', '--save', at('proto'), '--json');
      expect(err).toMatch(/^(wrote .*\n)+$/);
      expect(code).toBe(0);
      expect(out).toContain('"at": "__proto__"');
    }
  });

  test('cannot reach the terminal through its names', async () => {
    const model = small('hostile.onnx', 3, ['x\u001b]0;owned\u0007\u009b2J', 'y\u001b[31m\nvitrine: forged']);
    const outcomes = [
      await vitrine('inspect', model),
      await vitrine('inspect', model, '--json'),
      await vitrine('explain', model, '--input', at('one.npy'), '--method', 'gradient'),
      await vitrine('explain', model, '--input', `other=${at('one.npy')}`, '--method', 'gradient'),
      await vitrine('explain', model, '--input', at('one.npy'), '--method', 'gradient', '--target', 'output:z,0'),
    ];
    for (const { out, err } of outcomes) {
      // oxlint-disable-next-line no-control-regex
      expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      expect(out + err).not.toMatch(/^vitrine: forged/m);
    }
  });

  test('is written to files, though nobody reads what is said', async () => {
    const model = small('many.onnx', 3);
    writeFileSync(at('many.npy'), writeNpy(tensor([40, 1])));
    const shell = `"${process.execPath}" "${main}" explain "${model}" --input "${at('many.npy')}" --method gradient --save "${at('many')}" | head -n 1`;
    execFileSync('sh', ['-c', shell], { stdio: 'ignore' });
    // The shell waits for both, and the last example is the last to be written.
    expect(readdirSync(at('many')).length).toBe(40);
    expect(readdirSync(at('many/39'))).toContain('gradient.json');
  });
});

/** A PNG that claims a size without holding its pixels: only its header is looked at. */
async function hugePng(side: number): Promise<Uint8Array> {
  const png = Buffer.from(await encodePng({ width: 1, height: 1, rgba: new Uint8ClampedArray(4) }));
  png.writeUInt32BE(side, 16);
  png.writeUInt32BE(side, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
