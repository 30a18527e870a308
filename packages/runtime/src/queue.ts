import { RuntimeError } from './error.js';

/** Does one piece of work after the other. */
export interface Queue {
  /** What is cancelled while it waits is never begun; what is under way is left to end by itself. @throws RuntimeError 'cancelled' at once */
  <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function queue(): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return (work, signal) => {
    const turn = last.then(() => {
      if (signal?.aborted) throw cancelled();
      return work();
    });
    last = turn.catch(() => undefined);
    return unlessAborted(turn, signal);
  };
}

const cancelled = (): RuntimeError => new RuntimeError('cancelled', 'cancelled');

function unlessAborted<T>(turn: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return turn;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(cancelled());
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    turn.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
