import { parentPort } from 'node:worker_threads';
import { fromOrt, toOrt, type Ort, type OrtSession } from './ort.js';
import type { Request, Response } from './protocol.js';

// Loading and running block their thread, so they happen here.
const ort = (await import('onnxruntime-node')) as unknown as Ort;
const port = parentPort!;
const sessions = new Map<number, OrtSession>();

const FATAL_ONLY = 4;

async function answer(request: Request): Promise<Response> {
  const { id, session } = request;
  if (request.kind === 'open') {
    const { model, folder, device, threads } = request;
    const options = {
      executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: FATAL_ONLY,
      // Spinning threads would eat the time of the next run's neighbours and gain nothing.
      extra: {
        session: {
          intra_op: { allow_spinning: '0' },
          ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
        },
      },
    };
    sessions.set(session, await ort.InferenceSession.create(model, options));
    return { id };
  }
  const open = sessions.get(session);
  if (open === undefined) return { id, error: 'the session is closed' };
  if (request.kind === 'run') return { id, fetches: fromOrt(await open.run(toOrt(ort, open.inputNames, request.feeds))) };
  sessions.delete(session);
  await open.release();
  return { id };
}

port.on('message', (request: Request) => {
  answer(request)
    .catch((error: unknown): Response => ({ id: request.id, error: error instanceof Error ? error.message : String(error) }))
    .then((response) => {
      const buffers =
        'fetches' in response
          ? [...response.fetches!.values()].flatMap(({ data }) => (ArrayBuffer.isView(data) ? [data.buffer as ArrayBuffer] : []))
          : [];
      port.postMessage(response, [...new Set(buffers)]);
    });
});
