import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { queue } from './queue.js';
import { held } from './testing/held.js';

/** Work that ends when told to. */
function work(): { readonly begun: () => boolean; readonly run: () => Promise<string>; readonly end: () => void } {
  let begun = false;
  const { promise, release } = held();
  return { begun: () => begun, run: () => ((begun = true), promise.then(() => 'done')), end: release };
}
const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

test('work is done in order, each behind the one before', async () => {
  const inTurn = queue();
  const [a, b] = [work(), work()];
  const results = [inTurn(a.run), inTurn(b.run)];
  await aMoment();
  expect([a.begun(), b.begun()]).toEqual([true, false]);
  a.end();
  await aMoment();
  expect(b.begun()).toBe(true);
  b.end();
  expect(await Promise.all(results)).toEqual(['done', 'done']);
});

test('work that fails does not hold up the next', async () => {
  const inTurn = queue();
  const failing = inTurn(() => Promise.reject(new Error('no')));
  const next = inTurn(async () => 1);
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe(1);
});

test.each([
  ['before it is asked', false],
  ['while it waits', true],
])('work that is cancelled %s is never begun', async (_, waits) => {
  const inTurn = queue();
  const [first, second] = [work(), work()];
  const cancel = new AbortController();
  const before = inTurn(first.run);
  if (!waits) cancel.abort();
  const cancelled = inTurn(second.run, cancel.signal);
  if (waits) cancel.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  first.end();
  await before;
  await aMoment();
  expect(second.begun()).toBe(false);
});

test('work that is cancelled under way is given up at once, and the next begins when it has ended', async () => {
  const inTurn = queue();
  const [first, second] = [work(), work()];
  const cancel = new AbortController();
  const cancelled = inTurn(first.run, cancel.signal);
  const next = inTurn(second.run);
  await aMoment();
  cancel.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  await aMoment();
  expect(second.begun()).toBe(false);
  first.end();
  second.end();
  expect(await next).toBe('done');
});

test('nothing keeps listening to a signal', async () => {
  const inTurn = queue();
  const { signal } = new AbortController();
  await inTurn(async () => 1, signal);
  await inTurn(() => Promise.reject(new Error('no')), signal).catch(() => undefined);
  await aMoment();
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
