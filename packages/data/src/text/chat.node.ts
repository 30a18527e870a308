import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DataError } from '../error.js';
import type { ChatTemplate, Message } from './chat.js';

/** Longer than any honest template takes. */
export const LONGEST_MS = 5000;
const MOST_MB = 64;
/** Templates are a few thousand characters long. */
const MOST_CHARACTERS = 2 ** 20;
/** What a process takes to start. */
const STARTED_MS = 20_000;

export interface Filling {
  readonly template: ChatTemplate;
  readonly messages: readonly Message[];
}

/**
 * A conversation as a model reads it, with the start of its answer. The template comes with the model and may be hostile: it is interpreted,
 * never executed, in a process that ends when it takes long or much memory: a thread would take this one with it. @throws DataError 'malformed'
 */
export function filledIn(template: ChatTemplate, messages: readonly Message[]): Promise<string> {
  const bad = (why: string): DataError => new DataError('malformed', `the chat_template of the model cannot be filled in: ${why}`);
  if (template.source.length > MOST_CHARACTERS) return Promise.reject(bad('it is longer than a million characters'));
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./chatProcess.node.js', import.meta.url)), {
      execArgv: [`--max-old-space-size=${MOST_MB}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const late = setTimeout(() => {
      reject(bad('it does not end'));
      child.kill('SIGKILL');
    }, STARTED_MS + LONGEST_MS);
    child.on('message', ({ text, error }: { readonly text?: string; readonly error?: string }) => {
      if (text === undefined) reject(bad(error ?? 'it says nothing'));
      else resolve(text);
    });
    child.on('error', (error) => reject(bad(error.message)));
    child.on('exit', () => {
      clearTimeout(late);
      reject(bad(`it takes more memory than ${MOST_MB} MB`));
    });
    const filling: Filling = { template, messages };
    child.send(filling);
  });
}
