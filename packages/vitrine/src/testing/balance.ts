import type { Conservation } from '@vitrine/explain';

/** The largest miss of any layer's balance, as a share of what went through it. */
export function worst({ layers }: Conservation): number {
  return layers.reduce((most, { relevance, passed, bias, stabilizer, dropped }) => {
    const given = Object.values(passed);
    const size = [relevance, bias, stabilizer, dropped, ...given].reduce((s, v) => Math.max(s, Math.abs(v)), 1e-6);
    return Math.max(most, Math.abs(relevance - given.reduce((s, v) => s + v, 0) - bias - stabilizer - dropped) / size);
  }, 0);
}
