import { DataError } from '../error.js';
import { checkSize, MAX_CHANNELS, type Series } from './series.js';

/** How samples are stored: bytes of one, and a number of about −1 to 1 from them. */
interface Coding {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

const PCM = 1;
const FLOAT = 3;
/** The coding's own number stands further behind. */
const EXTENSIBLE = 0xfffe;

const codings: { readonly [coding: string]: Coding } = {
  [`${PCM}/8`]: { bytes: 1, read: (view, at) => (view.getUint8(at) - 128) / 2 ** 7 },
  [`${PCM}/16`]: { bytes: 2, read: (view, at) => view.getInt16(at, true) / 2 ** 15 },
  [`${PCM}/24`]: { bytes: 3, read: (view, at) => (view.getInt16(at + 1, true) * 256 + view.getUint8(at)) / 2 ** 23 },
  [`${PCM}/32`]: { bytes: 4, read: (view, at) => view.getInt32(at, true) / 2 ** 31 },
  [`${FLOAT}/32`]: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  [`${FLOAT}/64`]: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

/** Codings that are told by name when they are refused. */
const OTHERS: { readonly [format: number]: string } = { 2: 'ADPCM', 6: 'A-law', 7: 'mu-law', 17: 'ADPCM', 49: 'GSM', 85: 'MP3' };

const MAX_RATE = 1e7;

/** A WAV file as samples from −1 to 1, [channels, time]. Multimedia Programming Interface 1.0; WAVEFORMATEXTENSIBLE. @throws DataError naming the file */
export function readWav(bytes: Uint8Array, name: string): Series {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = tag(bytes, 0);
  if (head === 'RF64' || head === 'RIFX')
    throw new DataError('unsupported', `${name} is a WAV file of the kind ${head}, which is not read: save it as plain WAV`);
  if (head !== 'RIFF' || tag(bytes, 8) !== 'WAVE') return broken(name, 'it does not start like one');
  const chunks = chunksOf(bytes, view);
  const format = chunks.get('fmt ');
  const data = chunks.get('data');
  if (format === undefined || format.end - format.start < 16) return broken(name, 'it does not say how its samples are stored');
  if (data === undefined) return broken(name, 'it has no samples');
  const { channels, rateHz, coding } = formatOf(view, format, name);
  const frame = channels * coding.bytes;
  if (data.claimed > data.end - data.start && !isUnknown(data.claimed))
    return broken(
      name,
      `its header tells of ${Math.floor(data.claimed / frame).toLocaleString('en')} samples, and ${Math.floor((data.end - data.start) / frame).toLocaleString('en')} are there`,
    );
  const samples = Math.floor((data.end - data.start) / frame);
  if (samples === 0) return broken(name, 'it has no samples');
  checkSize(channels, samples, name);
  const values = new (coding.bytes > 4 ? Float64Array : Float32Array)(channels * samples);
  for (let t = 0, at = data.start; t < samples; t++)
    for (let c = 0; c < channels; c++, at += coding.bytes) values[c * samples + t] = coding.read(view, at);
  const bad = values.findIndex((v: number) => !Number.isFinite(v));
  if (bad >= 0) return broken(name, `sample ${bad % samples} is ${values[bad]}`);
  return {
    names: channels === 1 ? ['sound'] : channels === 2 ? ['left', 'right'] : Array.from({ length: channels }, (_, c) => `channel ${c}`),
    data: { dtype: coding.bytes > 4 ? 'float64' : 'float32', dims: [channels, samples], data: values } as Series['data'],
    rateHz,
    source: name,
    isSound: true,
  };
}

const broken = (name: string, what: string): never => {
  throw new DataError('malformed', `${name} is not a readable WAV file: ${what}`);
};

const tag = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** Programs that write to a pipe do not know the size yet. */
const isUnknown = (size: number): boolean => size === 0xffffffff || size === 0;

interface Chunk {
  readonly start: number;
  /** Within the file, whatever the chunk claims. */
  readonly end: number;
  readonly claimed: number;
}

/** The first chunk of each name. */
function chunksOf(bytes: Uint8Array, view: DataView): ReadonlyMap<string, Chunk> {
  const chunks = new Map<string, Chunk>();
  for (let at = 12; at + 8 <= bytes.length;) {
    const name = tag(bytes, at);
    const claimed = view.getUint32(at + 4, true);
    const start = at + 8;
    const size = name === 'data' && isUnknown(claimed) ? bytes.length - start : claimed;
    const end = Math.min(bytes.length, start + size);
    if (!chunks.has(name)) chunks.set(name, { start, end, claimed });
    at = start + size + (size % 2);
  }
  return chunks;
}

function formatOf(view: DataView, { start, end }: Chunk, name: string): { channels: number; rateHz: number; coding: Coding } {
  const channels = view.getUint16(start + 2, true);
  const rateHz = view.getUint32(start + 4, true);
  const frame = view.getUint16(start + 12, true);
  const bits = view.getUint16(start + 14, true);
  const own = view.getUint16(start, true);
  const format = own === EXTENSIBLE && end - start >= 26 ? view.getUint16(start + 24, true) : own;
  if (channels === 0 || channels > MAX_CHANNELS) return broken(name, `it claims ${channels} channels`);
  if (rateHz === 0 || rateHz > MAX_RATE) return broken(name, `it claims ${rateHz.toLocaleString('en')} samples a second`);
  const coding = Object.hasOwn(codings, `${format}/${bits}`) ? codings[`${format}/${bits}`] : undefined;
  if (coding === undefined)
    throw new DataError(
      'unsupported',
      `${name} holds samples as ${OTHERS[format] ?? `format ${format}`} of ${bits} bits, which is not read: save it as PCM of 8, 16, 24 or 32 bits or as floats`,
    );
  if (frame !== channels * coding.bytes)
    return broken(name, `it claims ${frame} bytes for ${channels} channel${channels === 1 ? '' : 's'} of ${bits} bits`);
  return { channels, rateHz, coding };
}
