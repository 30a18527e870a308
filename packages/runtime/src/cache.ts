import { joinedBytes, writeModel, type Graph } from '@vitrine/ir';
import { price } from './price.js';
import type { Runtime, Session, SessionOptions } from './session.js';

const hex = (bytes: ArrayBuffer): string => Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, '0')).join('');

/** SHA-256 of bytes, in hex. */
export const sha256 = async (bytes: Uint8Array): Promise<string> =>
  hex(await globalThis.crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));

const digests = new WeakMap<Graph, Map<boolean, Promise<string>>>();

/**
 * Digest of what a graph computes: SHA-256 of the file it would be written as. Weights in files count by their place in the
 * file, which is named without its folder, so that the digest does not depend on where the model lies; with it when `placed`.
 */
export function graphDigest(graph: Graph, placed = false): Promise<string> {
  let known = digests.get(graph);
  if (known === undefined) digests.set(graph, (known = new Map()));
  let digest = known.get(placed);
  if (digest === undefined) {
    const location = placed ? (file: string): string => file : (file: string): string => file.replace(/^.*[\\/]/, '');
    known.set(placed, (digest = sha256(joinedBytes(writeModel(graph, { location })))));
  }
  return digest;
}

const keyOf = async (graph: Graph, { domains = new Map() }: SessionOptions): Promise<string> =>
  JSON.stringify([await graphDigest(graph, true), ...domains]);

/** A session that is shared by all who ask for the same graph. */
interface Shared {
  readonly session: Promise<Session>;
  /** Bytes that it takes while it is not in use. */
  readonly idle: number;
  /** Those who use it just now: until they are done it stays open, even when others have taken its place. */
  users: number;
  isEvicted: boolean;
}

async function using<T>(shared: Shared, use: (session: Session) => Promise<T>): Promise<T> {
  shared.users++;
  try {
    return await use(await shared.session);
  } finally {
    shared.users--;
    void closeUnused(shared);
  }
}

async function closeUnused({ session, users, isEvicted }: Shared): Promise<void> {
  // One that did not open, or whose runtime is gone, needs no closing.
  if (isEvicted && users === 0) await session.then((opened) => opened.close()).catch(() => undefined);
}

/** What sessions that are not in use may take. */
const IDLE_BYTES = 2 * 2 ** 30;

/** Weights where they are laid out; else all, as runs leave it. */
function idleBytesOf(graph: Graph): number {
  const { streams, weights, total } = price(graph);
  return streams ? total : weights;
}

/**
 * Keeps the sessions used last open, by digest of their graph: so many, and so many bytes beside those of the largest. A session
 * that gave way to others is opened again when it is run.
 */
export function caching(runtime: Runtime, capacity = 8, idleBytes = IDLE_BYTES): Runtime {
  const kept = new Map<string, Shared>();

  function sharedFor(key: string, graph: Graph, open: () => Promise<Session>): Shared {
    let shared = kept.get(key);
    kept.delete(key);
    if (shared === undefined) {
      const idle = idleBytesOf(graph);
      // What gives way is closed first: two sets of large weights do not lie in memory together.
      const making = makeRoom(idle);
      const session = making === undefined ? open() : making.then(open);
      const opened: Shared = (shared = { session, idle, users: 0, isEvicted: false });
      opened.session.catch(() => kept.get(key) === opened && kept.delete(key));
    }
    kept.set(key, shared);
    return shared;
  }

  /** Lets the oldest go until there is room for one more; undefined when nothing had to. */
  function makeRoom(more: number): Promise<unknown> | undefined {
    const closing: Promise<void>[] = [];
    const besideLargest = (): number => {
      const all = [more, ...[...kept.values()].map(({ idle }) => idle)];
      return all.reduce((sum, bytes) => sum + bytes) - Math.max(...all);
    };
    for (const [key, shared] of kept) {
      if (kept.size < capacity && besideLargest() <= idleBytes) break;
      kept.delete(key);
      shared.isEvicted = true;
      closing.push(closeUnused(shared));
    }
    return closing.length === 0 ? undefined : Promise.all(closing);
  }

  return {
    ...runtime,
    async open(graph, options = {}) {
      const key = await keyOf(graph, options);
      const shared = (): Shared => sharedFor(key, graph, () => runtime.open(graph, options));
      await using(shared(), async () => undefined);
      return {
        run: (feeds, signal) => using(shared(), (session) => session.run(feeds, signal)),
        close: async () => undefined,
      };
    },
    async close() {
      kept.clear();
      await runtime.close();
    },
  };
}
