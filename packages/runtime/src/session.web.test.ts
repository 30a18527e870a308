import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Runtime } from './session.js';
import { webRuntime } from './session.web.js';
import { adding, floats, unloadable } from './testing/graphs.js';

const feeds = new Map([['x', floats([2], [1, 2])]]);
let runtime: Runtime;
beforeAll(async () => {
  runtime = await webRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

test('a session on WebAssembly is opened, run and closed', async () => {
  const session = await runtime.open(adding(1));
  expect((await session.run(feeds)).get('y')).toEqual(floats([2], [2, 3]));
  await session.close();
  await session.close();
});

test('what is fed wrongly, cancelled or cannot be opened is one sentence', async () => {
  const session = await runtime.open(adding(1));
  await expect(session.run(new Map())).rejects.toMatchObject({ code: 'bad-feed', message: 'nothing is given for input x' });
  await expect(session.run(feeds, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  await expect(runtime.open(unloadable())).rejects.toMatchObject({ code: 'no-kernel' });
  expect((await session.run(feeds)).get('y')).toEqual(floats([2], [2, 3]));
});

test('a device that no browser has is refused', async () => {
  await expect(webRuntime({ device: 'cuda' })).rejects.toMatchObject({
    code: 'no-device',
    message: 'device cuda is not available in a browser: use cpu or webgpu',
  });
});
