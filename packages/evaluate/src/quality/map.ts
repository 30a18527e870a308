import type { Evidence } from './evidence.js';

/** What speaks for the answer, from 0 to 1: the map that CAM papers lay over a picture. Values below zero are 0. */
export function mapOf(values: Float64Array): Float32Array {
  const positive = values.map((v) => Math.max(0, v));
  const [low, high] = [positive.reduce((a, v) => Math.min(a, v), Infinity), positive.reduce((a, v) => Math.max(a, v), -Infinity)];
  return Float32Array.from(positive, (v) => (high === low ? (high > 0 ? 1 : 0) : (v - low) / (high - low)));
}

export type PartsGiven = Parameters<Evidence['partition']>[0];
