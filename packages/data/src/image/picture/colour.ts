import { interpolateInferno, interpolatePuOr } from 'd3-scale-chromatic';

export type Rgb = readonly [number, number, number];

const parsed = (css: string): Rgb => {
  const hex = /^#(..)(..)(..)$/.exec(css);
  const list = hex ? hex.slice(1).map((h) => Number.parseInt(h, 16)) : css.match(/[\d.]+/g)!.map(Number);
  return list.slice(0, 3) as unknown as Rgb;
};
/** Even, so that zero has a colour of its own and v lies as far from it as -v. */
const STEPS = 256;
const table = (f: (t: number) => string): readonly Rgb[] => Array.from({ length: STEPS + 1 }, (_, i) => parsed(f(i / STEPS)));

/** PuOr runs from purple (0) to orange (1); its outermost colours are near black and read as shadow, so they are left out. */
const DIVERGING = table((t) => interpolatePuOr(0.5 + 0.84 * (t - 0.5)));
const SEQUENTIAL = table((t) => interpolateInferno(0.05 + 0.95 * t));

const at = (colours: readonly Rgb[], t: number): Rgb => colours[Math.max(0, Math.min(STEPS, Math.round(STEPS * t)))]!;

/** -1 purple, 0 near white, 1 orange: told apart by every common kind of colour vision. */
export const diverging = (v: number): Rgb => at(DIVERGING, (v + 1) / 2);
/** 0 dark, 1 bright; lightness rises evenly. */
export const sequential = (v: number): Rgb => at(SEQUENTIAL, v);

/** Stops of a colour map, for a legend. */
export const stops = (signed: boolean, count = 9): readonly string[] =>
  Array.from({ length: count }, (_, i) => {
    const t = i / (count - 1);
    return `rgb(${(signed ? diverging(2 * t - 1) : sequential(t)).join(',')})`;
  });
