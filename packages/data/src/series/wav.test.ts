import { describe, expect, test } from 'vitest';
import { channelOf, samplesOf } from './series.js';
import { readWav } from './wav.js';

interface Sound {
  readonly format?: number;
  readonly channels?: number;
  readonly rateHz?: number;
  readonly bits?: number;
  readonly samples: Uint8Array;
  /** What the header claims. */
  readonly size?: number;
  readonly frame?: number;
  readonly before?: Uint8Array;
  readonly extensible?: boolean;
}

const ascii = (text: string): readonly number[] => [...text].map((c) => c.charCodeAt(0));
const u16 = (v: number): readonly number[] => [v & 255, (v >> 8) & 255];
const u32 = (v: number): readonly number[] => [...u16(v & 0xffff), ...u16(Math.floor(v / 65536))];

function wav({ format = 1, channels = 1, rateHz = 8000, bits = 16, samples, size, frame, before, extensible = false }: Sound): Uint8Array {
  const own = [
    ...u16(extensible ? 0xfffe : format),
    ...u16(channels),
    ...u32(rateHz),
    ...u32(0),
    ...u16(frame ?? (channels * bits) / 8),
    ...u16(bits),
  ];
  const more = extensible ? [...u16(22), ...u16(bits), ...u32(0), ...u16(format), ...Array.from({ length: 14 }, () => 0)] : [];
  const head = [...ascii('fmt '), ...u32(own.length + more.length), ...own, ...more, ...(before ?? [])];
  const data = [...ascii('data'), ...u32(size ?? samples.length), ...samples];
  return Uint8Array.from([...ascii('RIFF'), ...u32(4 + head.length + data.length), ...ascii('WAVE'), ...head, ...data]);
}

const bytesOf = (array: Int16Array | Int32Array | Float32Array | Float64Array): Uint8Array => new Uint8Array(array.buffer);
const read = (sound: Sound) => readWav(wav(sound), 'clip.wav');

describe('samples of each coding become numbers from −1 to 1', () => {
  const cases: readonly (readonly [string, Sound, readonly number[]])[] = [
    ['8 bits, without a sign', { bits: 8, samples: Uint8Array.of(0, 64, 128, 255) }, [-1, -0.5, 0, 127 / 128]],
    ['16 bits', { samples: bytesOf(Int16Array.of(-32768, 0, 1, 32767)) }, [-1, 0, 1 / 32768, 32767 / 32768]],
    ['24 bits', { bits: 24, samples: Uint8Array.of(0, 0, 128, 0, 0, 64, 255, 255, 255) }, [-1, 0.5, -1 / 2 ** 23]],
    ['32 bits', { bits: 32, samples: bytesOf(Int32Array.of(-(2 ** 31), 2 ** 30)) }, [-1, 0.5]],
    ['floats', { format: 3, bits: 32, samples: bytesOf(Float32Array.of(0.25, -1.5)) }, [0.25, -1.5]],
    ['double floats', { format: 3, bits: 64, samples: bytesOf(Float64Array.of(0.1, -0.2)) }, [0.1, -0.2]],
    ['extensible', { bits: 24, extensible: true, samples: Uint8Array.of(0, 0, 64) }, [0.5]],
    ['extensible floats', { format: 3, bits: 32, extensible: true, samples: bytesOf(Float32Array.of(0.125)) }, [0.125]],
  ];
  test.each(cases)('%s', (_, sound, expected) => {
    const { data, rateHz } = read(sound);
    expect(Array.from(data.data)).toEqual(expected);
    expect(rateHz).toBe(8000);
  });
});

test('channels that lie sample by sample come apart', () => {
  const stereo = read({ channels: 2, samples: bytesOf(Int16Array.of(1, -1, 2, -2, 3, -3).map((v) => v * 256)) });
  expect(stereo.names).toEqual(['left', 'right']);
  expect(samplesOf(stereo)).toBe(3);
  expect([...channelOf(stereo, 1)]).toEqual([-1, -2, -3].map((v) => (v * 256) / 32768));
});

test('chunks of other programs before the samples are passed over, also of odd length', () => {
  const before = Uint8Array.from([...ascii('LIST'), ...u32(3), 1, 2, 3, 0]);
  expect(samplesOf(read({ before, samples: bytesOf(Int16Array.of(1, 2)) }))).toBe(2);
});

test('a size that was not known when the file was begun is that of the file', () => {
  for (const size of [0, 0xffffffff]) expect(samplesOf(read({ size, samples: bytesOf(Int16Array.of(1, 2, 3)) }))).toBe(3);
});

describe('what is wrong with a file is one sentence', () => {
  const samples = bytesOf(Int16Array.of(1, 2));
  const cases: readonly (readonly [string, Sound, string])[] = [
    ['it claims 2^31 samples', { size: 0xfffffffe, samples }, 'its header tells of 2,147,483,647 samples, and 2 are there'],
    ['it is cut off', { size: 8, samples }, 'its header tells of 4 samples, and 2 are there'],
    ['it has no channel', { channels: 0, samples }, 'it claims 0 channels'],
    ['it has 65,535 channels', { channels: 65_535, frame: 4, samples }, 'it claims 65535 channels'],
    ['no sample a second', { rateHz: 0, samples }, 'it claims 0 samples a second'],
    ['four billion samples a second', { rateHz: 4e9, samples }, 'it claims 4,000,000,000 samples a second'],
    ['its frames are of another size', { frame: 6, samples }, 'it claims 6 bytes for 1 channel of 16 bits'],
    ['no samples', { samples: new Uint8Array(0), size: 0 }, 'it has no samples'],
    ['12 bits', { bits: 12, samples }, 'holds samples as format 1 of 12 bits, which is not read'],
    ['mu-law', { format: 7, bits: 8, samples }, 'holds samples as mu-law of 8 bits'],
    ['NaN', { format: 3, bits: 32, samples: bytesOf(Float32Array.of(0, Number.NaN)) }, 'sample 1 is NaN'],
  ];
  test.each(cases)('%s', (_, sound, message) => expect(() => read(sound)).toThrow(message));

  test('it is something else', () => {
    expect(() => readWav(Uint8Array.from(ascii('ID3 and so on and on')), 'clip.wav')).toThrow(
      'clip.wav is not a readable WAV file: it does not start like one',
    );
    expect(() => readWav(new Uint8Array(0), 'clip.wav')).toThrow('it does not start like one');
    expect(() => readWav(Uint8Array.from(ascii('RF64----WAVE')), 'clip.wav')).toThrow('of the kind RF64');
    expect(() => readWav(Uint8Array.from(ascii('RIFF----WAVE')), 'clip.wav')).toThrow('it does not say how its samples are stored');
  });

  test('whatever a file is cut to, or whichever byte is changed, it is read or refused', () => {
    const whole = wav({ channels: 2, extensible: true, bits: 24, samples: Uint8Array.from({ length: 24 }, (_, i) => i) });
    for (let at = 0; at < whole.length; at++) {
      const flipped = whole.slice();
      flipped[at]! ^= 0xff;
      for (const bytes of [whole.subarray(0, at), flipped])
        try {
          expect(samplesOf(readWav(bytes, 'clip.wav'))).toBeGreaterThan(0);
        } catch (cause) {
          expect((cause as Error).message).toMatch(/^clip\.wav [^\n]+$/);
        }
    }
  });
});
