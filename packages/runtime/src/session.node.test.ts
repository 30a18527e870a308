import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { builder, tensorOf, type Tensor } from '@vitrine/ir';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { nodeRuntime } from './session.node.js';
import { devices, type Fetches, type Runtime, type RuntimeOptions } from './session.js';
import { adding, floats, greedy, toil, toiling, unloadable } from './testing/graphs.js';

const feed = (...values: readonly number[]): ReadonlyMap<string, Tensor> => new Map([['x', floats([values.length], values)]]);
const y = (fetches: Fetches): readonly number[] => Array.from(fetches.get('y')!.data as Float32Array);
const aMoment = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Enough work to be interrupted. */
const LONG = 60;

/** A runtime for one test, and the thread it starts with. */
async function started(options: RuntimeOptions = { threads: 1 }): Promise<{ readonly runtime: Runtime; readonly worker: Worker }> {
  const born = once(process, 'worker');
  const runtime = await nodeRuntime(options);
  onTestFinished(() => runtime.close());
  const [worker] = (await born) as [Worker];
  return { runtime, worker };
}

let runtime: Runtime;
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 2 });
});
afterAll(() => runtime.close());

test('a runtime offers one run half of the memory there is', () => {
  expect(runtime.memoryBytes).toBeGreaterThan(2 ** 27);
  expect(runtime.memoryBytes).toBeLessThanOrEqual(totalmem() / 2);
});

describe('a session', () => {
  test('is opened, run and closed', async () => {
    const session = await runtime.open(adding(1));
    const fetches = await session.run(feed(1, 2));
    expect([...fetches]).toEqual([['y', { dtype: 'float32', dims: [2], data: Float32Array.of(2, 3) }]]);
    await session.close();
    await expect(session.run(feed(1, 2))).rejects.toMatchObject({ code: 'closed', message: 'the session is closed' });
    await session.close();
  });

  test('gives each of many runs at a time its own answer, beside other sessions', async () => {
    const sessions = await Promise.all([1, 2, 3].map((by) => runtime.open(adding(by))));
    const runs = Array.from({ length: 60 }, (_, i) => sessions[i % 3]!.run(feed(i, -i)));
    (await Promise.all(runs)).forEach((fetches, i) => expect(y(fetches)).toEqual([i + 1 + (i % 3), -i + 1 + (i % 3)]));
    await Promise.all(sessions.map((session) => session.close()));
  });

  test('leaves the feeds to those who gave them', async () => {
    const session = await runtime.open(adding(1));
    const given = feed(1, 2);
    await session.run(given);
    expect(y(await session.run(given))).toEqual([2, 3]);
    await session.close();
  });

  test('that is closed while it runs finishes first', async () => {
    const session = await runtime.open(toiling(2));
    const [run] = await Promise.all([session.run(toil), session.close()]);
    expect(run.size).toBe(1);
  });

  test('runs graphs for whose fusions ONNX Runtime has no kernel', async () => {
    const b = builder();
    const x = b.input('x', { dtype: 'float64', shape: [2] });
    const session = await runtime.open(b.build([b.op.Mul(x, b.op.Sigmoid(x))]));
    const [silu] = (await session.run(new Map([['x', tensorOf('float64', [2], [0, 1])]]))).values();
    expect(Array.from(silu!.data as Float64Array)).toEqual([0, expect.closeTo(1 / (1 + Math.exp(-1)), 12)]);
    await session.close();
  });

  test('that cannot be opened says why in one sentence, and leaves the runtime as it was', async () => {
    await expect(runtime.open(unloadable())).rejects.toMatchObject({
      code: 'no-kernel',
      message: expect.stringMatching(/^ONNX Runtime has no kernel for my\.domain:Mystery[^\n]*$/) as string,
    });
    const session = await runtime.open(adding(1));
    expect(y(await session.run(feed(1, 2)))).toEqual([2, 3]);
    await session.close();
  });

  test('that is fed wrongly says what is wrong, and runs when fed rightly', async () => {
    const session = await runtime.open(adding(1));
    await expect(session.run(new Map())).rejects.toMatchObject({ code: 'bad-feed', message: 'nothing is given for input x' });
    await expect(session.run(feed(1, 2, 3))).rejects.toMatchObject({ code: 'bad-feed' });
    expect(y(await session.run(feed(1, 2)))).toEqual([2, 3]);
    await session.close();
  });
});

describe('cancelling', () => {
  test('before a run: nothing is run', async () => {
    const { runtime: own, worker } = await started();
    const session = await own.open(adding(1));
    const asked = vi.spyOn(worker, 'postMessage');
    await expect(session.run(feed(1, 2), AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    expect(asked).not.toHaveBeenCalled();
    await session.run(feed(1, 2));
    expect(asked).toHaveBeenCalledOnce();
  });

  test('during a long run: it is given up at once, and the runtime answers the next question when it can', async () => {
    const [long, short] = [await runtime.open(toiling(LONG)), await runtime.open(adding(1))];
    const cancel = new AbortController();
    const run = long.run(toil, cancel.signal);
    await aMoment(50);
    const start = performance.now();
    cancel.abort();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    const givenUp = performance.now() - start;
    expect(y(await short.run(feed(1, 2)))).toEqual([2, 3]);
    const answered = performance.now() - start;
    expect(givenUp).toBeLessThan(answered / 4);
    await Promise.all([long.close(), short.close()]);
  });

  test('during a run, then closing: the thread is gone when the runtime is closed', async () => {
    const { runtime: own, worker } = await started();
    const long = await own.open(toiling(LONG));
    const cancel = new AbortController();
    const run = long.run(toil, cancel.signal);
    await aMoment(50);
    cancel.abort();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    await own.close();
    expect(worker.threadId).toBe(-1);
  });
});

describe('a thread that dies', () => {
  test('while it is asked: the promise is rejected in one sentence, and the next question is answered', async () => {
    const { runtime: own, worker } = await started();
    const opening = own.open(adding(1));
    await worker.terminate();
    await expect(opening).rejects.toMatchObject({
      code: 'run-failed',
      message: expect.stringMatching(/^the thread of ONNX Runtime died/) as string,
    });
    const session = await own.open(adding(1));
    expect(y(await session.run(feed(1, 2)))).toEqual([2, 3]);
  });

  test('between two runs: its sessions are opened anew', async () => {
    const { runtime: own, worker } = await started();
    const sessions = [await own.open(adding(1)), await own.open(adding(2))];
    await sessions[0]!.run(feed(1, 2));
    await worker.terminate();
    const answers = await Promise.all([...sessions, ...sessions].map((session) => session.run(feed(1, 2))));
    expect(answers.map(y)).toEqual([[2, 3], [3, 4], [2, 3], [3, 4]]); // prettier-ignore
  });

  test('for want of memory: that is what it says', async () => {
    const { runtime: own, worker } = await started();
    const opening = own.open(adding(1));
    await aMoment(0);
    worker.emit('error', new Error('Worker terminated due to reaching memory limit: JS heap out of memory'));
    await expect(opening).rejects.toMatchObject({ code: 'out-of-memory' });
    await worker.terminate();
  });

  test('is not missed by sessions that are closed', async () => {
    const { runtime: own, worker } = await started();
    const session = await own.open(adding(1));
    await worker.terminate();
    await session.close();
    await expect(session.run(feed(1, 2))).rejects.toMatchObject({ code: 'closed' });
  });
});

test('a run that needs more memory than there is says so, and the next one is answered', async () => {
  const session = await runtime.open(greedy());
  const asking = (bytes: number): Promise<Fetches> => session.run(new Map([['x', tensorOf('int64', [1], [bytes / 4])]]));
  await expect(asking(2 ** 50)).rejects.toMatchObject({
    code: 'out-of-memory',
    message: 'not enough memory to run the graph: use a smaller --memory budget, fewer steps or a smaller input',
  });
  const [few] = (await asking(8)).values();
  expect(few!.data).toEqual(Float32Array.of(0, 0));
  await session.close();
});

describe('a runtime', () => {
  test.each(devices.filter((device) => device !== 'cpu' && device !== 'webgpu'))(
    'for %s is there, or its absence is one sentence',
    async (device) => {
      const outcome = await nodeRuntime({ device }).then(
        (found) => found.close(),
        (error: unknown) => error,
      );
      if (outcome === undefined) return;
      expect(outcome).toMatchObject({ code: 'no-device' });
      expect((outcome as Error).message).toMatch(
        new RegExp(`^device ${device} is not available (here|on this machine)[^\\n]* cpu( or |, |$)`),
      );
    },
  );

  test.each([0, -1, 1.5, NaN])('of %d threads is refused', async (threads) => {
    await expect(nodeRuntime({ threads })).rejects.toMatchObject({
      code: 'bad-option',
      message: `threads must be a whole number above 0, not ${threads}`,
    });
  });

  test.skipIf(!existsSync('/proc/self/task'))('runs on as many threads as it is told', async () => {
    const added = async (threads: number): Promise<number> => {
      const { runtime: own } = await started({ threads });
      await (await own.open(adding(1))).close();
      const before = readdirSync('/proc/self/task').length;
      await own.open(adding(2));
      return readdirSync('/proc/self/task').length - before;
    };
    // One of them is the worker's own.
    expect([await added(1), await added(4)]).toEqual([0, 3]);
  });

  test('that is closed answers no more, but finishes what it was asked', async () => {
    const { runtime: own, worker } = await started();
    const session = await own.open(toiling(2));
    const run = session.run(toil);
    await aMoment(0);
    await own.close();
    expect((await run).size).toBe(1);
    expect(worker.threadId).toBe(-1);
    await expect(session.run(toil)).rejects.toMatchObject({ code: 'closed', message: 'the runtime is closed' });
    await expect(own.open(adding(1))).rejects.toMatchObject({ code: 'closed' });
    await session.close();
    await own.close();
  });
});

describe('a program ends by itself', () => {
  const MODULES = ['session.node.js', 'testing/graphs.js'].map((file) => new URL(file, import.meta.url).href);

  /** The exit code of a program with a runtime and a long session, and what it wrote. */
  async function program(body: string): Promise<{ readonly code: unknown; readonly said: string }> {
    const source = `
      import { nodeRuntime } from '${MODULES[0]}';
      import { toil, toiling } from '${MODULES[1]}';
      const runtime = await nodeRuntime({ threads: 1 });
      const session = await runtime.open(toiling(20));
      ${body}
      console.log('end');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'close');
    return { code, said };
  }

  test.each([
    ['when the runtime is closed', 'await session.run(toil); await runtime.close();'],
    ['when the runtime is left open', 'await session.run(toil);'],
    [
      'when a run was cancelled and the runtime closed',
      `const run = session.run(toil, AbortSignal.timeout(20)).catch(({ code }) => console.log(code)); await run; await runtime.close();`,
    ],
    [
      'when a run was cancelled and the runtime left open',
      'await session.run(toil, AbortSignal.timeout(20)).catch(({ code }) => console.log(code));',
    ],
  ])('%s', async (_, body) => {
    expect(await program(body)).toEqual({ code: 0, said: body.includes('catch') ? 'cancelled\nend\n' : 'end\n' });
  });
});
