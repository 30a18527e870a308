import type { DType, Tensor } from '@vitrine/ir';
import type { Feeds, Fetches } from './session.js';

/** The part of ONNX Runtime's JavaScript interface that is used; both builds have it. */
export interface Ort {
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
  readonly env: { readonly versions: { readonly common: string }; logLevel?: string };
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

/** A session on a model. */
export async function created(ort: Ort, model: Uint8Array, options: object): Promise<OrtSession> {
  try {
    return await ort.InferenceSession.create(model, options);
  } catch (error) {
    // Some of the fusions make operators that have no kernel for float64.
    if (!/find kernel for com\.microsoft/.test(String(error))) throw error;
    return ort.InferenceSession.create(model, { ...options, graphOptimizationLevel: 'basic' });
  }
}

/** Feeds as ONNX Runtime takes them. */
export const toOrt = (ort: Ort, feeds: Feeds): { readonly [name: string]: OrtTensor } =>
  Object.fromEntries([...feeds].map(([name, { dtype, dims, data }]) => [name, new ort.Tensor(dtype as never, data as never, dims)]));

export const fromOrt = (results: { readonly [name: string]: OrtTensor }): Fetches =>
  new Map(
    Object.entries(results).map(([name, { type, data, dims }]): [string, Tensor] => [
      name,
      { dtype: type as DType, dims, data: data as never },
    ]),
  );
