import { tensorOf, type Graph } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { caching, graphDigest, sha256 } from './cache.js';
import type { Runtime, Session } from './session.js';
import { adding } from './testing/graphs.js';
import { held } from './testing/held.js';

const feeds = new Map([['x', tensorOf('float32', [2], [1, 2])]]);
const nameOf = ({ initializers }: Graph): string =>
  String([...initializers.values()].map((content) => ('data' in content ? (content.data as Float32Array)[0] : content)));

/** A runtime that writes down what it is asked. Runs of graphs that add `hold` last until `release`. */
function recorded(hold?: number): { readonly runtime: Runtime; readonly log: string[]; readonly release: () => void } {
  const log: string[] = [];
  const { promise, release } = held();
  const open = async (graph: Graph): Promise<Session> => {
    const name = nameOf(graph);
    log.push(`open ${name}`);
    if (name === '-1') throw new Error('it does not open');
    return {
      async run() {
        log.push(`run ${name}`);
        if (name === String(hold)) await promise;
        return new Map();
      },
      close: async () => void log.push(`close ${name}`),
    };
  };
  const runtime: Runtime = {
    name: 'onnxruntime-node',
    version: '0',
    device: 'cpu',
    threads: 1,
    open,
    close: async () => void log.push('end'),
  };
  return { runtime, log, release };
}

describe('the cache of sessions', () => {
  test('opens the same graph once, however it was built and even when asked twice at a time', async () => {
    const { runtime, log } = recorded();
    const cached = caching(runtime);
    await Promise.all([cached.open(adding(1)), cached.open(adding(1))]);
    await cached.open(adding(1));
    expect(log).toEqual(['open 1']);
  });

  test('tells graphs apart by what they hold and by the versions of their domains', async () => {
    const { runtime, log } = recorded();
    const cached = caching(runtime);
    await cached.open(adding(1));
    await cached.open(adding(2));
    await cached.open(adding(1), { domains: new Map([['my.domain', 2]]) });
    expect(log).toEqual(['open 1', 'open 2', 'open 1']);
  });

  test('closes what was not used for longest', async () => {
    const { runtime, log } = recorded();
    const cached = caching(runtime, 2);
    const [one] = [await cached.open(adding(1)), await cached.open(adding(2))];
    await one.run(feeds);
    await cached.open(adding(3));
    expect(log).toEqual(['open 1', 'open 2', 'run 1', 'close 2', 'open 3']);
  });

  test('leaves a session open while it runs', async () => {
    const { runtime, log, release } = recorded(1);
    const cached = caching(runtime, 1);
    const running = (await cached.open(adding(1))).run(feeds);
    await cached.open(adding(2));
    expect(log).toEqual(['open 1', 'run 1', 'open 2']);
    release();
    await running;
    await Promise.resolve();
    expect(log.at(-1)).toBe('close 1');
  });

  test('opens a session again that gave way to others', async () => {
    const { runtime, log } = recorded();
    const cached = caching(runtime, 1);
    const one = await cached.open(adding(1));
    await cached.open(adding(2));
    await one.run(feeds);
    expect(log).toEqual(['open 1', 'close 1', 'open 2', 'close 2', 'open 1', 'run 1']);
  });

  test('has weights give way before others come, when they are too large to lie side by side', async () => {
    const { runtime, log } = recorded();
    // A number of four bytes counts twice: as it is, and as ONNX Runtime lays it out.
    const cached = caching(runtime, 8, 7);
    await cached.open(adding(1));
    await cached.open(adding(2));
    expect(log).toEqual(['open 1', 'close 1', 'open 2']);
    const roomy = recorded();
    const both = caching(roomy.runtime, 8, 8);
    await both.open(adding(1));
    await both.open(adding(2));
    expect(roomy.log).toEqual(['open 1', 'open 2']);
  });

  test('leaves a large session open beside small ones', async () => {
    const { runtime, log } = recorded();
    const cached = caching(runtime, 8, 8);
    await cached.open(adding(1, [100], 100));
    await cached.open(adding(2));
    expect(log).toEqual(['open 1', 'open 2']);
    await cached.open(adding(3, [100], 100));
    expect(log.slice(2)).toEqual(['close 1', 'open 3']);
  });

  test('does not keep what failed to open', async () => {
    const { runtime, log } = recorded();
    const cached = caching(runtime);
    await expect(cached.open(adding(-1))).rejects.toThrow('it does not open');
    await expect(cached.open(adding(-1))).rejects.toThrow('it does not open');
    expect(log).toEqual(['open -1', 'open -1']);
  });

  test('lets nobody pay for what others failed to open', async () => {
    const { runtime } = recorded();
    const cached = caching(runtime, 1);
    const [bad, good] = await Promise.allSettled([cached.open(adding(-1)), cached.open(adding(2))]);
    expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled']);
  });

  test('ends with its runtime', async () => {
    const { runtime, log } = recorded();
    await caching(runtime).close();
    expect(log).toEqual(['end']);
  });
});

describe('the digest of a graph', () => {
  const placedAt = (file: string): Graph => {
    const graph = adding(1);
    const [by] = graph.initializers.keys();
    return {
      ...graph,
      initializers: new Map([[by!, { type: { dtype: 'float32', shape: [1] }, at: { file, offset: 8, length: 4 } }]]),
    };
  };

  test('is that of what it computes', async () => {
    expect(await graphDigest(adding(1))).toBe(await graphDigest(adding(1)));
    expect(await graphDigest(adding(1))).not.toBe(await graphDigest(adding(2)));
    expect(await graphDigest(adding(1))).not.toBe(await graphDigest(adding(1, [3])));
  });

  test('does not tell where the model lies, unless that counts', async () => {
    const [here, there] = [placedAt('/here/model.onnx'), placedAt('/there/model.onnx')];
    expect(await graphDigest(here)).toBe(await graphDigest(there));
    expect(await graphDigest(here, true)).not.toBe(await graphDigest(there, true));
    expect(await graphDigest(here)).not.toBe(await graphDigest(placedAt('/here/other.onnx')));
  });

  test('is SHA-256 in hexadecimal', async () => {
    expect(await sha256(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
