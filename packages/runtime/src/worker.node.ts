import { parentPort } from 'node:worker_threads';
import { created, fromOrt, toOrt, type Ort, type OrtSession } from './ort.js';
import { STOP, type Request, type Response } from './protocol.js';

// Loading and running block their thread, so they happen here.
const ort = (await import('onnxruntime-node')) as unknown as Ort;
const port = parentPort!;
const sessions = new Map<number, OrtSession>();

const FATAL_ONLY = 4;
ort.env.logLevel = 'fatal';

async function answer(request: Request): Promise<Response> {
  const { session } = request;
  if (request.kind === 'open') {
    const { model, folder, device, threads, streams } = request;
    const options = {
      executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: FATAL_ONLY,
      // Spinning threads would eat the time of the next run's neighbours and gain nothing.
      ...(streams && { enableMemPattern: false }),
      extra: {
        ...(streams && { optimization: { disable_specified_optimizers: 'ConstantFolding;CommonSubexpressionElimination' } }),
        session: {
          intra_op: { allow_spinning: '0' },
          ...(streams && { disable_prepacking: '1' }),
          ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
        },
      },
    };
    sessions.set(session, await created(ort, model, options));
    return { fetches: new Map() };
  }
  const open = sessions.get(session)!;
  if (request.kind === 'run') return { fetches: fromOrt(await open.run(toOrt(ort, request.feeds))) };
  sessions.delete(session);
  await open.release();
  return { fetches: new Map() };
}

port.on('message', (request: Request | typeof STOP) => {
  if (request === STOP) return port.close();
  void answer(request)
    .catch((error: unknown): Response => ({ error: error instanceof Error ? error.message : String(error) }))
    .then((response) => {
      const fetches = 'fetches' in response ? [...response.fetches.values()] : [];
      const buffers = fetches.flatMap(({ data }) => (ArrayBuffer.isView(data) ? [data.buffer as ArrayBuffer] : []));
      port.postMessage(response, [...new Set(buffers)]);
    });
});
