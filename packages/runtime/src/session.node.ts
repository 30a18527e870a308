import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { joinedBytes, writeModel, type Graph } from '@vitrine/ir';
import { explained, RuntimeError } from './error.js';
import type { Request, Response } from './protocol.js';
import type { Device, Fetches, Runtime, RuntimeOptions, Session, SessionOptions } from './session.js';

type Pending = { readonly resolve: (response: Response) => void; readonly reject: (error: Error) => void };

/** Runs graphs on onnxruntime-node, in a worker thread of its own. @throws RuntimeError 'no-runtime' or 'no-device' */
export async function nodeRuntime({ device = 'cpu', threads = availableParallelism() }: RuntimeOptions = {}): Promise<Runtime> {
  const version = await checked(device);
  const worker = new Worker(new URL('./worker.node.js', import.meta.url));
  worker.unref();
  const pending = new Map<number, Pending>();
  let ids = 0;
  let closed = false;
  const fail = (error: Error): void => {
    closed = true;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  worker.on('message', (response: Response) => {
    pending.get(response.id)?.resolve(response);
    pending.delete(response.id);
    if (pending.size === 0) worker.unref();
  });
  worker.on('error', (error) => fail(explained(error, 'run')));
  worker.on('exit', () => fail(new RuntimeError('closed', 'the runtime is closed')));

  type Draft = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;
  const ask = (request: Draft, signal?: AbortSignal): Promise<Response> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new RuntimeError('closed', 'the runtime is closed'));
      const id = ids++;
      const stop = (): void => {
        pending.delete(id);
        reject(new RuntimeError('cancelled', 'cancelled'));
      };
      if (signal?.aborted) return stop();
      signal?.addEventListener('abort', stop, { once: true });
      const done = (): void => signal?.removeEventListener('abort', stop);
      pending.set(id, { resolve: (r) => (done(), resolve(r)), reject: (e) => (done(), reject(e)) });
      worker.ref();
      worker.postMessage({ ...request, id });
    });

  return {
    name: 'onnxruntime-node',
    version,
    device,
    threads,
    async open(graph: Graph, options: SessionOptions = {}): Promise<Session> {
      const session = ids++;
      const { model, folder } = located(graph, options);
      const opened = await ask({ kind: 'open', session, model, folder, device, threads });
      if ('error' in opened) throw explained(opened.error, 'load');
      return {
        async run(feeds, signal): Promise<Fetches> {
          const answer = await ask({ kind: 'run', session, feeds }, signal);
          if ('error' in answer) throw explained(answer.error, 'run');
          return answer.fetches!;
        },
        async close() {
          if (!closed) await ask({ kind: 'close', session });
        },
      };
    },
    async close() {
      closed = true;
      await worker.terminate();
    },
  };
}

/** The graph as bytes; weights in files stay there and are named relative to one folder that holds them all. */
function located(graph: Graph, { domains }: SessionOptions): { readonly model: Uint8Array; readonly folder: string | undefined } {
  const files = new Set<string>();
  for (const content of graph.initializers.values()) if ('at' in content && 'file' in content.at) files.add(content.at.file);
  const folder = commonFolder([...files]);
  const model = joinedBytes(
    writeModel(graph, { ...(domains && { domains }), location: (file) => path.relative(folder!, file).split(path.sep).join('/') }),
  );
  return { model, folder };
}

function commonFolder(files: readonly string[]): string | undefined {
  let folder = files[0] && path.dirname(files[0]);
  while (folder !== undefined && !files.every((file) => file.startsWith(folder!.endsWith(path.sep) ? folder! : folder + path.sep)))
    folder = path.dirname(folder);
  return folder;
}

async function checked(device: Device): Promise<string> {
  let ort: {
    readonly listSupportedBackends: () => readonly { readonly name: string }[];
    readonly env: { readonly versions: { readonly node?: string; readonly common: string } };
  };
  try {
    ort = (await import('onnxruntime-node')) as never;
  } catch (cause) {
    throw new RuntimeError(
      'no-runtime',
      'onnxruntime-node is not installed or does not load on this platform: run npm install onnxruntime-node, or use onnxruntime-web',
      { cause },
    );
  }
  const have = ort.listSupportedBackends().map(({ name }) => name);
  if (!have.includes(device))
    throw new RuntimeError('no-device', `device ${device} is not available here: this build of ONNX Runtime has ${have.join(', ')}`);
  return ort.env.versions.node ?? ort.env.versions.common;
}
