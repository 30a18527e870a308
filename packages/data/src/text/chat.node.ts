import { Worker } from 'node:worker_threads';
import { DataError } from '../error.js';
import type { ChatTemplate, Message } from './chat.js';

/** Longer than any honest template takes. */
const LONGEST_MS = 5000;
const MOST_MB = 64;

export interface Filling {
  readonly template: ChatTemplate;
  readonly messages: readonly Message[];
}

/**
 * A conversation as a model reads it, with the start of its answer. The template comes with the model and may be hostile: it is interpreted,
 * never executed, in a thread that is stopped when it takes long. @throws DataError 'malformed'
 */
export function filledIn(template: ChatTemplate, messages: readonly Message[]): Promise<string> {
  const bad = (why: string): DataError => new DataError('malformed', `the chat_template of the model cannot be filled in: ${why}`);
  return new Promise((resolve, reject) => {
    const filling: Filling = { template, messages };
    const worker = new Worker(new URL('./chatWorker.node.js', import.meta.url), {
      workerData: filling,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MOST_MB },
    });
    const late = setTimeout(() => {
      reject(bad(`it takes longer than ${LONGEST_MS / 1000} seconds`));
      void worker.terminate();
    }, LONGEST_MS);
    worker.on('message', ({ text, error }: { readonly text?: string; readonly error?: string }) => {
      if (text === undefined) reject(bad(error ?? 'it says nothing'));
      else resolve(text);
    });
    worker.on('error', (error) => reject(bad(error.message)));
    worker.on('exit', () => {
      clearTimeout(late);
      reject(bad('it stopped'));
    });
  });
}
