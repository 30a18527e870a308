import { VitrineError } from '@vitrine/ir';

/** A graph that cannot be loaded or run here. */
export class RuntimeError extends VitrineError<
  | 'no-runtime'
  | 'no-device'
  | 'no-kernel'
  | 'load-failed'
  | 'run-failed'
  | 'out-of-memory'
  | 'over-budget'
  | 'bad-feed'
  | 'cancelled'
  | 'closed'
> {}

/** What went wrong in ONNX Runtime, said in one sentence. */
export function explained(cause: unknown, doing: 'load' | 'run'): RuntimeError {
  if (cause instanceof RuntimeError) return cause;
  const text = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ').slice(0, 400);
  if (/bad_alloc|bad allocation|allocate memory|out of memory|Array buffer allocation|BFCArena/i.test(text))
    return new RuntimeError(
      'out-of-memory',
      `not enough memory to ${doing} the graph: use a smaller --memory budget, fewer steps or a smaller input`,
      { cause },
    );
  const kernel = /(?:implementation for|No Op registered for) (\S+)/.exec(text)?.[1];
  if (kernel !== undefined)
    return new RuntimeError('no-kernel', `ONNX Runtime has no kernel for ${kernel} on this device: ${text}`, { cause });
  return new RuntimeError(doing === 'load' ? 'load-failed' : 'run-failed', `ONNX Runtime could not ${doing} the graph: ${text}`, { cause });
}
