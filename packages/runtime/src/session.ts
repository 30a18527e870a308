import type { Graph, Tensor } from '@vitrine/ir';

export type Feeds = ReadonlyMap<string, Tensor>;
export type Fetches = ReadonlyMap<string, Tensor>;

/** A graph loaded and ready to run. */
export interface Session {
  /** Runs once. @throws RuntimeError 'bad-feed', 'run-failed', 'out-of-memory', 'cancelled' */
  run(feeds: Feeds, signal?: AbortSignal): Promise<Fetches>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Versions of custom domains, as the model's file gives them. */
  readonly domains?: ReadonlyMap<string, number>;
}

/** Where graphs run: onnxruntime-node in a worker thread, or onnxruntime-web. */
export interface Runtime {
  readonly name: 'onnxruntime-node' | 'onnxruntime-web';
  readonly version: string;
  readonly device: string;
  readonly threads: number;
  /** What one run may take unless more is asked for; undefined where nothing tells. */
  readonly memoryBytes?: number;
  open(graph: Graph, options?: SessionOptions): Promise<Session>;
  close(): Promise<void>;
}

export const devices = ['cpu', 'cuda', 'webgpu', 'coreml', 'dml'] as const;
export type Device = (typeof devices)[number];

export interface RuntimeOptions {
  readonly device?: Device;
  /** Threads that one run uses; all processors unless said otherwise. */
  readonly threads?: number;
  /** Bytes of weights, as ONNX Runtime lays them out, up to which it does; larger ones stay in their files. 2 GB unless said otherwise. */
  readonly laidOutBytes?: number;
}
