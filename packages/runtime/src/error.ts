import { VitrineError } from '@vitrine/ir';

/** A graph that cannot be loaded or run here. */
export class RuntimeError extends VitrineError<
  | 'no-runtime'
  | 'no-device'
  | 'bad-option'
  | 'no-kernel'
  | 'load-failed'
  | 'run-failed'
  | 'out-of-memory'
  | 'over-budget'
  | 'bad-feed'
  | 'cancelled'
  | 'closed'
  | 'endpoint'
> {}

/** Characters that are looked at, and shown. */
const [READ, SHOWN] = [2000, 400];

/** What ONNX Runtime says, without places in its sources. */
function readable(text: string): string {
  const [, opType, name, said] = /running (\S+) node\. Name:'([^']*)' Status Message: (.*)$/.exec(text) ?? [];
  const plain = (said ?? text).replace(/^\S*\.(?:cc|h):\d+ (?:.* was false\. )?/, '');
  return (opType === undefined ? plain : `${opType} (at ${name}): ${plain}`).slice(0, SHOWN);
}

/** What went wrong in ONNX Runtime, said in one sentence. */
export function explained(cause: unknown, doing: 'load' | 'run'): RuntimeError {
  if (cause instanceof RuntimeError) return cause;
  const text = (cause instanceof Error ? cause.message : String(cause)).slice(0, READ).replace(/\s+/g, ' ');
  if (/bad_alloc|bad allocation|allocate memory|out of memory|Array buffer allocation|BFCArena/i.test(text))
    return new RuntimeError(
      'out-of-memory',
      `not enough memory to ${doing} the graph: use a smaller --memory budget, fewer steps or a smaller input`,
      { cause },
    );
  const kernel = /(?:implementation for|find kernel for|No Op registered for) (\S+)|(\S+) is not a registered function/.exec(text);
  if (kernel !== null)
    return new RuntimeError('no-kernel', `ONNX Runtime has no kernel for ${kernel[1] ?? kernel[2]} on this device: ${readable(text)}`, {
      cause,
    });
  return new RuntimeError(doing === 'load' ? 'load-failed' : 'run-failed', `ONNX Runtime could not ${doing} the graph: ${readable(text)}`, {
    cause,
  });
}
