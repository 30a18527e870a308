import { joinedBytes, writeModel, type Graph } from '@vitrine/ir';
import type { Runtime, Session } from './session.js';

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

/** Keeps the sessions used last open, by digest of their graph. */
export function caching(runtime: Runtime, capacity = 8): Runtime {
  const open = new Map<string, Promise<Session>>();
  const shared = (session: Session): Session => ({ run: session.run, close: async () => undefined });
  return {
    ...runtime,
    async open(graph, options) {
      const digest = await graphDigest(graph, true);
      let session = open.get(digest);
      open.delete(digest);
      session ??= runtime.open(graph, options);
      open.set(digest, session);
      try {
        const opened = shared(await session);
        for (const [old, stale] of [...open].slice(0, Math.max(0, open.size - capacity))) {
          open.delete(old);
          await (await stale).close();
        }
        return opened;
      } catch (error) {
        open.delete(digest);
        throw error;
      }
    },
    async close() {
      open.clear();
      await runtime.close();
    },
  };
}
