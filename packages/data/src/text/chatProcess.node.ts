import { runInNewContext } from 'node:vm';
import { Template } from '@huggingface/jinja';
import { LONGEST_MS, type Filling } from './chat.node.js';

process.once('message', ({ template, messages }: Filling) => {
  const fill = (): string => new Template(template.source).render({ messages, add_generation_prompt: true, ...template.tokens });
  let answer: { readonly text: string } | { readonly error: string };
  try {
    // Ends by itself also where nobody waits for it any more.
    answer = { text: runInNewContext('fill()', { fill }, { timeout: LONGEST_MS }) as string };
  } catch (error) {
    answer = { error: (error as NodeJS.ErrnoException).code === TIMEOUT ? LATE : error instanceof Error ? error.message : String(error) };
  }
  process.send!(answer, () => process.disconnect());
});

const TIMEOUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT';
const LATE = `it takes longer than ${LONGEST_MS / 1000} seconds`;
