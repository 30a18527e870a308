import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** FNV-1a from one of four starts, then MurmurHash3's finalizer: seeds 1 and 2 must have nothing in common. */
function word(text: string, start: number): number {
  let h = 0x811c9dc5 + start;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Numbers in [0,1): the same for the same seed and stream, in Node and in the browser. Streams of one seed are independent. */
export function random(seed: number, stream = ''): () => number {
  const generator = xoroshiro128plusFromState([0, 1, 2, 3].map((start) => word(`${seed}/${stream}`, start)));
  return () => uniformFloat64(generator);
}

/** Standard normal numbers, by Box and Muller. */
export function normal(uniform: () => number): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - uniform())), 2 * Math.PI * uniform()];
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
