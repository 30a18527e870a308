import type { DType, Tensor } from '@vitrine/ir';
import { RuntimeError } from './error.js';
import type { Feeds, Fetches } from './session.js';

/** The part of ONNX Runtime's JavaScript interface that is used; both builds have it. */
export interface Ort {
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
  readonly env: { readonly versions: { readonly common: string } };
}
export interface OrtTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}
export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: { readonly [name: string]: OrtTensor }): Promise<{ readonly [name: string]: OrtTensor }>;
  release(): Promise<void>;
}

/** Feeds as ONNX Runtime takes them. @throws RuntimeError 'bad-feed' when one is missing */
export function toOrt(ort: Ort, names: readonly string[], feeds: Feeds): { readonly [name: string]: OrtTensor } {
  return Object.fromEntries(
    names.map((name) => {
      const feed = feeds.get(name);
      if (feed === undefined) throw new RuntimeError('bad-feed', `nothing is given for input ${name}`);
      return [name, new ort.Tensor(feed.dtype as never, feed.data as never, feed.dims)];
    }),
  );
}

export const fromOrt = (results: { readonly [name: string]: OrtTensor }): Fetches =>
  new Map(
    Object.entries(results).map(([name, { type, data, dims }]): [string, Tensor] => [
      name,
      { dtype: type as DType, dims, data: data as never },
    ]),
  );
