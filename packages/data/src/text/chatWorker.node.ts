import { parentPort, workerData } from 'node:worker_threads';
import { Template } from '@huggingface/jinja';
import type { Filling } from './chat.node.js';

const { template, messages } = workerData as Filling;
try {
  const text = new Template(template.source).render({ messages, add_generation_prompt: true, ...template.tokens });
  parentPort!.postMessage({ text });
} catch (error) {
  parentPort!.postMessage({ error: error instanceof Error ? error.message : String(error) });
}
