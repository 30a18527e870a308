import { floats, probabilities, type Probe } from '@vitrine/explain';
import { producers, type Tensor } from '@vitrine/ir';
import { first } from './evidence.js';

/** Operators that end in probabilities. */
const PROBABLE: ReadonlySet<string> = new Set(['Sigmoid', 'Softmax']);

/** How far from 1 a sum of probabilities may be. */
const NEARLY = 1e-3;

/** The row of an output that the target's class is in, and the class; undefined where the target is no class. */
function classIn(
  { target }: Pick<Probe, 'target'>,
  { dims, data }: Tensor,
): { readonly start: number; readonly width: number; readonly at: number } | undefined {
  if (target.kind !== 'index') return undefined;
  const width = dims.at(-1) ?? 1;
  const at = target.index.at(-1) ?? 0;
  const places = dims.slice(dims[0] === 1 ? 1 : 0, -1);
  const place = target.index.slice(0, -1).reduce((sum, i, axis) => sum * (places[axis] ?? 1) + i, 0);
  // Of a text's next token only its own row is computed.
  return { width, at, start: data.length === width ? 0 : place * width };
}

/** The classes of the target's output at one example: scores or probabilities as the model has them; undefined where there are none. */
export function classesOf(
  probe: Pick<Probe, 'target'>,
  output: Tensor,
): { readonly scores: ArrayLike<number>; readonly at: number } | undefined {
  const found = classIn(probe, output);
  if (found === undefined) return undefined;
  return { scores: floats(output).subarray(found.start, found.start + found.width), at: found.at };
}

/** Which class an output is highest for. */
export function topOf(scores: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < scores.length; k++) if (scores[k]! > scores[best]!) best = k;
  return best;
}

/** How the probability of the target's class is read off an output; undefined where it has none. */
export async function probabilityOf(probe: Probe): Promise<((output: Tensor) => number) | undefined> {
  const here = classesOf(probe, await first(probe.outputs([probe.q.x], 1)));
  if (here === undefined) return undefined;
  if (endsInProbabilities(probe) || addsToOne(here.scores)) return (tensor) => classesOf(probe, tensor)!.scores[here.at]!;
  if (here.scores.length < 2) return undefined;
  return (tensor) => probabilities(classesOf(probe, tensor)!.scores)[here.at]!;
}

/** How the class that the model decides for is read off an output: the first of several, or whether the only probability is above a half. */
export async function decisionOf(probe: Probe): Promise<((output: Tensor) => number) | undefined> {
  const here = classesOf(probe, await first(probe.outputs([probe.q.x], 1)));
  if (here === undefined) return undefined;
  if (here.scores.length > 1) return (tensor) => topOf(classesOf(probe, tensor)!.scores);
  return endsInProbabilities(probe) ? (tensor) => (classesOf(probe, tensor)!.scores[0]! > 0.5 ? 1 : 0) : undefined;
}

function endsInProbabilities({ q, target }: Probe): boolean {
  const model = q.model();
  const name = target.kind === 'index' ? target.output : undefined;
  const output = name === undefined ? model.outputs[0]! : model.outputs.find((value) => value.name === name);
  const last = output && producers(model).get(output)?.opType;
  return last !== undefined && PROBABLE.has(last);
}

function addsToOne(scores: ArrayLike<number>): boolean {
  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    if (scores[k]! < 0) return false;
    sum += scores[k]!;
  }
  return scores.length > 1 && Math.abs(sum - 1) < NEARLY;
}
