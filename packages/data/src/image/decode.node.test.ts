import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { DataError } from '../error.js';
import { random } from '../random.js';
import { difference, golden, testdata } from '../testing/golden.js';
import { decodeBytes, decodeImage } from './decode.node.js';
import { pictureFormat } from './format.js';

const seen = golden('pictures.npz');
const picture = (name: string): string => fileURLToPath(testdata(`pictures/${name}`));

/** In 255ths: decoders of lossy formats may round differently. CMYK goes by a printer's profile, which Pillow does not: alike is enough. */
const tolerance = (name: string): number => (name === 'cmyk.jpg' ? 80 : /jpg$|avif$|^photo\.webp$/.test(name) ? 1.01 : 0.002);

test.each([...seen.keys()])('%s looks as Pillow sees it', async (name) => {
  const { dims, data } = seen.get(name)!;
  const image = await decodeImage(picture(name));
  expect([image.height, image.width, image.channels]).toEqual(dims);
  expect(difference(image.data, data as Float32Array).most * 255).toBeLessThan(tolerance(name));
});

test('an embedded colour profile is brought to sRGB', async () => {
  const red = { create: { width: 4, height: 4, channels: 3, background: '#e02010' } } as const;
  const { data } = await decodeBytes(await sharp(red).withIccProfile('p3').png().toBuffer(), 'x');
  const { data: stored } = await decodeBytes(await sharp(red).png().toBuffer(), 'x');
  expect(difference(data, stored).most * 255).toBeLessThan(2.01);
});

test('pictures turned by their EXIF orientation are compared in all eight', () =>
  expect([...seen.keys()].filter((name) => name.startsWith('turned')).length).toBe(8));

const message = (file: string): Promise<DataError> =>
  decodeImage(file).then(
    () => Promise.reject(new Error('was read')),
    (error: DataError) => error,
  );
const said = async (name: string): Promise<string> =>
  (await message(picture(name))).message.replaceAll(path.dirname(picture(name)) + path.sep, '');

test('nothing is decoded of a picture whose header claims too much', async () => {
  const start = performance.now();
  expect(await said('huge.png')).toBe(
    'huge.png has 30000 × 30000 pixels, more than the 50 million that are decoded: make it smaller first',
  );
  expect(performance.now() - start).toBeLessThan(1000);
  await expect(decodeImage(picture('rgb.png'), { pixels: 100 })).rejects.toThrow('16 × 12 pixels, more than the 0.0001 million');
  await expect(decodeImage(picture('rgb.png'), { bytes: 10 })).rejects.toMatchObject({ code: 'too-large' });
});

test('what is broken, missing or no picture is told in one sentence', async () => {
  expect(await said('cut.jpg')).toMatch(/^cut\.jpg is damaged or no JPEG: /);
  expect(await said('short.png')).toMatch(/^short\.png is damaged or no PNG: /);
  expect(await said('float.tiff')).toBe('float.tiff has 1 channels of type float, and pictures have 8 or 16 bits: give it as .npy');
  expect(await said('nothing.png')).toBe('there is no file nothing.png');
  expect(await said('.')).toMatch(/ is a folder, not a picture$/);
  expect((await message('/dev/zero')).message).toBe('/dev/zero is no file, not a picture');
  const folder = mkdtempSync(path.join(tmpdir(), 'vitrine-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const written = async (name: string, content: string): Promise<string> => {
    writeFileSync(path.join(folder, name), content);
    return (await message(path.join(folder, name))).message.replace(folder + path.sep, '');
  };
  const kinds = 'give PNG, JPEG, WebP, TIFF, GIF or AVIF';
  expect(await written('empty.png', '')).toBe(`empty.png is not a picture that can be read: ${kinds}`);
  expect(await written('drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')).toBe(
    `drawing.svg is not a picture that can be read: ${kinds}`,
  );
});

test('every kind that is read is known by its first bytes', () => {
  const files = ['rgb.png', 'photo.jpg', 'photo.webp', 'rgb.tiff', 'moving.gif', 'photo.avif'];
  expect(files.map((name) => pictureFormat(readFileSync(picture(name))))).toEqual(['PNG', 'JPEG', 'WebP', 'TIFF', 'GIF', 'AVIF']);
  expect(pictureFormat(new Uint8Array(0))).toBeUndefined();
});

test('pictures changed at random end as a picture or in a DataError', async () => {
  const draw = random(3, 'decode');
  const names = [...seen.keys()];
  const ends = { read: 0, refused: 0 };
  for (let i = 0; i < 400; i++) {
    const bytes = Uint8Array.from(readFileSync(picture(names[i % names.length]!)));
    for (let k = 0; k < 1 + 2 * draw(); k++) bytes[Math.floor(draw() * bytes.length)] = 256 * draw();
    await decodeBytes(bytes.subarray(0, draw() < 0.1 ? draw() * bytes.length : undefined), 'x').then(
      ({ width, height, channels, data }) => {
        expect(data.length).toBe(width * height * channels);
        expect(data.every((v) => v >= 0 && v <= 1)).toBe(true);
        ends.read++;
      },
      (cause: unknown) => {
        expect(cause).toBeInstanceOf(DataError);
        expect((cause as DataError).message.split('\n').length).toBe(1);
        ends.refused++;
      },
    );
  }
  expect(Math.min(ends.read, ends.refused)).toBeGreaterThan(50);
});

test('libvips is not loaded before it is needed', () => {
  const script = `
    const loaded = () => process.report.getReport().sharedObjects.some((file) => file.includes('vips'));
    const { decodeImage } = await import(${JSON.stringify(new URL('../index.node.js', import.meta.url).href)});
    const before = loaded();
    await decodeImage(${JSON.stringify(picture('rgb.png'))});
    process.stdout.write(before + ' ' + loaded());`;
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })).toBe('false true');
});
