import { joinedBytes, writeModel, type Graph } from '@vitrine/ir';
import { explained, RuntimeError } from './error.js';
import { feedsFor } from './feeds.js';
import { created, fromOrt, toOrt, type Ort, type OrtSession } from './ort.js';
import type { Fetches, Runtime, RuntimeOptions, Session, SessionOptions } from './session.js';

export interface WebRuntimeOptions extends RuntimeOptions {
  /** Where ONNX Runtime's .wasm and .mjs files lie, when a bundler moves them. */
  readonly wasmPaths?: string | { readonly mjs: string; readonly wasm: string };
}

interface WebOrt extends Ort {
  readonly env: Ort['env'] & {
    readonly versions: { readonly web?: string; readonly common: string };
    readonly wasm: { numThreads?: number; wasmPaths?: unknown };
  };
}

/** Runs graphs on onnxruntime-web: WebAssembly, or WebGPU where the browser has it. Weights must be in memory. @throws RuntimeError 'no-device' */
export async function webRuntime({ device = 'cpu', threads, wasmPaths }: WebRuntimeOptions = {}): Promise<Runtime> {
  if (device !== 'cpu' && device !== 'webgpu')
    throw new RuntimeError('no-device', `device ${device} is not available in a browser: use cpu or webgpu`);
  const ort = (await (device === 'webgpu' ? import('onnxruntime-web/webgpu') : import('onnxruntime-web/wasm'))) as unknown as WebOrt;
  // Threads need shared memory, which pages have only when they are cross-origin isolated.
  const shared =
    typeof SharedArrayBuffer !== 'undefined' && (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;
  const count = shared ? (threads ?? globalThis.navigator?.hardwareConcurrency ?? 1) : 1;
  ort.env.wasm.numThreads = count;
  ort.env.logLevel = 'fatal';
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  const sessions = new Set<OrtSession>();
  return {
    name: 'onnxruntime-web',
    version: ort.env.versions.web ?? ort.env.versions.common,
    device,
    threads: count,
    async open(graph: Graph, { domains }: SessionOptions = {}): Promise<Session> {
      const model = joinedBytes(writeModel(graph, domains === undefined ? {} : { domains }));
      const session = await created(ort, model, {
        executionProviders: [device === 'cpu' ? 'wasm' : 'webgpu'],
        logSeverityLevel: 4,
      }).catch((error: unknown) => {
        throw explained(error, 'load');
      });
      sessions.add(session);
      return {
        async run(feeds, signal): Promise<Fetches> {
          if (signal?.aborted) throw new RuntimeError('cancelled', 'cancelled');
          try {
            return fromOrt(await session.run(toOrt(ort, feedsFor(graph, feeds))));
          } catch (error) {
            throw explained(error, 'run');
          }
        },
        async close() {
          if (sessions.delete(session)) await session.release();
        },
      };
    },
    async close() {
      for (const session of sessions) await session.release();
      sessions.clear();
    },
  };
}
