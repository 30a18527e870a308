import { Worker } from 'node:worker_threads';
import { explained, RuntimeError } from './error.js';
import { STOP, type Request, type Response } from './protocol.js';
import type { Fetches } from './session.js';

/** A worker thread with ONNX Runtime. It is asked one thing at a time, and keeps the program alive only while it answers. */
export interface Thread {
  isAlive(): boolean;
  /** @throws RuntimeError when ONNX Runtime fails, or the thread dies over it */
  ask(request: Request): Promise<Fetches>;
  /** Ends the thread and waits until it is gone. It must be idle: one that is stopped inside ONNX Runtime takes the program with it. */
  stop(): Promise<void>;
}

export function startThread(): Thread {
  // Flags of the program, such as --input-type, are not meant for the worker's file.
  const worker = new Worker(new URL('./worker.node.js', import.meta.url), { execArgv: [] });
  let alive = true;
  let asked: { readonly resolve: (response: Response) => void; readonly reject: (error: RuntimeError) => void } | undefined;
  const died = (error: RuntimeError): void => {
    alive = false;
    asked?.reject(error);
  };
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.unref();
  worker.on('message', (response: Response) => asked?.resolve(response));
  worker.on('error', (error) => died(explained(error, 'run')));
  worker.on('exit', () =>
    died(new RuntimeError('run-failed', 'the thread of ONNX Runtime died while it worked: ask again, it starts anew')),
  );
  return {
    isAlive: () => alive,
    async ask(request) {
      const doing = request.kind === 'open' ? 'load' : 'run';
      try {
        worker.ref();
        const response = await new Promise<Response>((resolve, reject) => {
          asked = { resolve, reject };
          worker.postMessage(request);
        });
        if ('error' in response) throw new Error(response.error);
        return response.fetches;
      } catch (error) {
        throw explained(error, doing);
      } finally {
        asked = undefined;
        worker.unref();
      }
    },
    async stop() {
      if (!alive) return;
      worker.ref();
      worker.postMessage(STOP);
      await gone;
    },
  };
}
