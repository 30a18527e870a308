import { DataError } from '../../error.js';
import { rewritten, type Aligned, type Written } from './aligned.js';

/** Longer clusters of characters are looked up one by one. */
const LONGEST = 6;

/**
 * The rules of a SentencePiece model: a double array (Aoe 1989) over UTF-8 bytes, and the texts that its leaves name. Given in base64:
 * the bytes of the array as a number, the array, the texts, each closed by a zero. @throws DataError 'malformed'
 */
export function charsmap(base64: string): (x: Aligned) => Aligned {
  const bytes = bytesOf(base64);
  if (bytes.length === 0) return (x) => x;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const size = bytes.length < 4 ? NaN : view.getUint32(0, true);
  if (!(size % 4 === 0 && size > 0 && 4 + size <= bytes.length)) throw new DataError('malformed', 'precompiled_charsmap is cut short');
  const units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const texts = bytes.subarray(4 + size);
  const replace = (piece: string): string | undefined => {
    const at = leafOf(units, encoder.encode(piece));
    return at === undefined ? undefined : decoder.decode(texts.subarray(at, texts.indexOf(0, at)));
  };
  return (x) => rewritten(x, written(x.text, replace));
}

const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  } catch (cause) {
    throw new DataError('malformed', 'precompiled_charsmap is not base64', { cause });
  }
}

/** What the shortest key that a text begins with leads to. */
function leafOf(units: Uint32Array, key: Uint8Array): number | undefined {
  let at = offsetOf(units[0]!);
  for (const byte of key) {
    if (byte === 0) return undefined;
    at ^= byte;
    const unit = units[at];
    if (unit === undefined || (unit & 0x800000ff) !== byte) return undefined;
    at ^= offsetOf(unit);
    if (((unit >>> 8) & 1) === 1) return (units[at] ?? 0) & 0x7fffffff;
  }
  return undefined;
}

const offsetOf = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);

const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' });

function written(text: string, replace: (piece: string) => string | undefined): readonly Written[] {
  const all: Written[] = [];
  const stand = (before: string, after: string): void => {
    const [old, now] = [Array.from(before).length, Array.from(after)];
    const last = all.at(-1);
    // New characters in the place of old ones, one for one; what is left of the old ones goes with the last.
    for (const [i, c] of now.entries()) all.push([c, i >= old ? 0 : i === now.length - 1 ? old - i : 1]);
    if (now.length === 0 && last !== undefined) all[all.length - 1] = [last[0], Math.max(1, last[1]) + old];
  };
  for (const { segment } of clusters.segment(text)) {
    const whole = encoder.encode(segment).length < LONGEST ? replace(segment) : undefined;
    if (whole !== undefined) stand(segment, whole);
    else for (const c of segment) stand(c, replace(c) ?? c);
  }
  return all;
}
