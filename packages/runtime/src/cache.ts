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
  /** Bytes of its weights. */
  readonly weights: number;
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

/** Weights that may lie in memory for sessions that are not in use. */
const IDLE_BYTES = 2 * 2 ** 30;

/**
 * Keeps the sessions used last open, by digest of their graph: so many, and so many bytes of weights beside those of the last. A session
 * that gave way to others is opened again when it is run.
 */
export function caching(runtime: Runtime, capacity = 8, idleBytes = IDLE_BYTES): Runtime {
  const kept = new Map<string, Shared>();

  function sharedFor(key: string, graph: Graph, open: () => Promise<Session>): Shared {
    let shared = kept.get(key);
    kept.delete(key);
    if (shared === undefined) {
      // What gives way is closed first: two sets of large weights do not lie in memory together.
      const making = makeRoom();
      const session = making === undefined ? open() : making.then(open);
      const opened: Shared = (shared = { session, weights: price(graph).weights, users: 0, isEvicted: false });
      opened.session.catch(() => kept.get(key) === opened && kept.delete(key));
    }
    kept.set(key, shared);
    return shared;
  }

  /** Lets the oldest go until there is room for one more; undefined when nothing had to. */
  function makeRoom(): Promise<unknown> | undefined {
    const closing: Promise<void>[] = [];
    let idle = [...kept.values()].reduce((sum, { weights }) => sum + weights, 0);
    for (const [key, shared] of kept) {
      if (kept.size < capacity && idle <= idleBytes) break;
      kept.delete(key);
      idle -= shared.weights;
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
