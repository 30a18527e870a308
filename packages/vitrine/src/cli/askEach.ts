import type { Progress } from '@vitrine/explain';
import { VitrineError } from '@vitrine/ir';
import { bar } from './terminal.js';

export interface AllAnswers<T> {
  readonly answers: readonly T[];
  readonly failures: readonly VitrineError[];
}

/** Asks every method. One that fails does not take the others' answers with it; cancelling ends the asking. */
export async function askEach<T>(
  methods: readonly string[],
  ask: (method: string, progress: Progress) => Promise<T>,
): Promise<AllAnswers<T>> {
  const answers: T[] = [];
  const failures: VitrineError[] = [];
  for (const method of methods) {
    const progress = bar(method);
    try {
      answers.push(await ask(method, progress.update));
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
      failures.push(error);
      if (error.code === 'cancelled') break;
    } finally {
      progress.stop();
    }
  }
  return { answers, failures };
}
