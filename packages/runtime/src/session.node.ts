import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';
import { builder, joinedBytes, writeModel, type Graph } from '@vitrine/ir';
import { RuntimeError } from './error.js';
import { rowsFirst } from './constants.js';
import { feedsFor } from './feeds.js';
import { LAID_OUT, price } from './price.js';
import type { Opening } from './protocol.js';
import { ordered } from './order.js';
import { queue } from './queue.js';
import { devices, type Device, type Runtime, type RuntimeOptions, type Session, type SessionOptions } from './session.js';
import { streamed } from './stream.js';
import { startThread, type Thread } from './thread.node.js';

/** Devices that compute everything themselves: what others leave to the processor would go back and forth in each run. */
const STREAMING: ReadonlySet<Device> = new Set(['cpu', 'cuda']);

/**
 * Runs graphs on onnxruntime-node, in a worker thread of its own. A thread that dies is replaced, and sessions are opened there anew.
 * @throws RuntimeError 'no-runtime', 'no-device' or 'bad-option'
 */
export async function nodeRuntime({
  device = 'cpu',
  threads = availableParallelism(),
  laidOutBytes = LAID_OUT,
}: RuntimeOptions = {}): Promise<Runtime> {
  if (!Number.isInteger(threads) || threads < 1)
    throw new RuntimeError('bad-option', `threads must be a whole number above 0, not ${threads}`);
  const { version, others } = await checked(device);
  const inTurn = queue();
  let thread = startThread();
  let closed = false;
  let sessions = 0;

  const alive = (): Thread => {
    if (closed) throw new RuntimeError('closed', 'the runtime is closed');
    return thread.isAlive() ? thread : (thread = startThread());
  };

  const loadable = (graph: Graph, options: SessionOptions): Pick<Opening, 'model' | 'folder' | 'streams'> => {
    const streams = STREAMING.has(device) && price(graph, laidOutBytes).streams;
    return { ...located(streams ? ordered(streamed(graph)) : rowsFirst(graph), options), streams };
  };

  async function open(graph: Graph, options: SessionOptions = {}): Promise<Session> {
    const session = sessions++;
    let home: Thread | undefined;
    let over = false;
    const opened = async (): Promise<Thread> => {
      if (over) throw new RuntimeError('closed', 'the session is closed');
      const now = alive();
      if (home !== now) await now.ask({ kind: 'open', session, ...loadable(graph, options), device, threads });
      return (home = now);
    };
    await inTurn(opened);
    return {
      async run(feeds, signal) {
        const request = { kind: 'run', session, feeds: feedsFor(graph, feeds) } as const;
        return inTurn(async () => (await opened()).ask(request), signal);
      },
      close: () =>
        inTurn(async () => {
          const isOpen = !over && !closed && home?.isAlive();
          over = true;
          if (isOpen) await home!.ask({ kind: 'close', session });
        }),
    };
  }

  const runtime: Runtime = {
    name: 'onnxruntime-node',
    version,
    device,
    threads,
    memoryBytes: HALF * memoryHere(),
    open,
    async close() {
      closed = true;
      await inTurn(() => thread.stop());
    },
  };
  if (device !== 'cpu') await tried(runtime, others);
  return runtime;
}

/** The rest is for the program itself, other programs, and what the estimate misses. */
const HALF = 0.5;

/** Memory of the machine, or what a container leaves of it. Not what is free just now: the size of batches, and with it the last bits, would follow that. */
const memoryHere = (): number => Math.min(totalmem(), process.constrainedMemory?.() || Infinity);

/** Opens a small session: a build of ONNX Runtime may know devices that the machine has not. @throws RuntimeError 'no-device' */
async function tried(runtime: Runtime, others: readonly string[]): Promise<void> {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: [1] });
  try {
    await (await runtime.open(b.build([b.op.Neg(x)]))).close();
  } catch (cause) {
    await runtime.close();
    throw new RuntimeError(
      'no-device',
      `device ${runtime.device} is not available on this machine, its library or driver does not load: use ${others.join(' or ')}`,
      { cause },
    );
  }
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

/** ONNX Runtime's version, and what it can run on beside `device`. @throws RuntimeError 'no-runtime' or 'no-device' */
async function checked(device: Device): Promise<{ readonly version: string; readonly others: readonly string[] }> {
  let ort: {
    readonly listSupportedBackends: () => readonly { readonly name: string; readonly bundled: boolean }[];
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
  const have = ort.listSupportedBackends().filter(({ name }) => devices.some((known) => known === name));
  const named = (list: typeof have): readonly string[] => list.map(({ name }) => name);
  if (!named(have).includes(device))
    throw new RuntimeError('no-device', `device ${device} is not available here: this build of ONNX Runtime has ${named(have).join(', ')}`);
  const others = named(have.filter(({ name, bundled }) => bundled && name !== device));
  return { version: ort.env.versions.node ?? ort.env.versions.common, others };
}
