import { random } from '@vitrine/data';
import { valuesByName, type Graph, type Value } from '@vitrine/ir';
import { plain } from '@vitrine/transform';
import { ExplainError } from './error.js';
import type { Request } from './explain.js';
import { explainerNamed } from './explain.js';
import { optionsFor } from './field.js';
import { cutAt } from './inquiry.js';
import { chosenLayer } from './layout.js';
import { withFront } from './front.js';
import { build, type Frame, type Program } from './program.js';
import { checkedNames, defaultAt } from './subject.js';
import { reads } from './score.js';
import type { Resolved } from './target.js';

export interface CompileRequest extends Pick<Request, 'method' | 'at' | 'layer' | 'options' | 'seed'> {
  readonly target: Resolved;
  /** What a method has learned, in place of what it compiles to by itself. */
  readonly learnt?: Program;
}

/**
 * A method as one graph: the model's inputs in, `attribution/…` and `score` out. `graphAt` gives the model for so many examples.
 * @throws ExplainError 'not-compilable' for methods that decide as they go
 */
export function compile(
  graphAt: (batch: number) => Graph,
  batchable: boolean,
  { method, target, at: asked, layer: given, options: texts, seed = 0, learnt }: CompileRequest,
): Graph {
  const row = explainerNamed(method);
  if (row.compile === undefined && learnt === undefined)
    throw new ExplainError(
      'not-compilable',
      `${method} is several runs with decisions between them, so it is no single graph: use vitrine explain`,
    );
  const one = graphAt(1);
  const at = checkedNames(one, asked ?? defaultAt(one));
  const values = valuesByName(one);
  const ends = reads(target).map((name) => (name === undefined ? one.outputs[0]! : values.get(name)!));
  const layer =
    row.layer === 'none'
      ? undefined
      : (given ??
        chosenLayer[row.layer](
          one,
          at.map((name) => values.get(name)!),
          ends,
        )?.value.name);
  const options = optionsFor(row.name, row.options, texts ?? {});
  const shapes = new Map(at.map((name) => [name, values.get(name)!.type.shape as readonly number[]]));
  const program = learnt ?? row.compile!({ at, layer, shapes, target, random: (stream) => random(seed, stream) }, options);
  const batch = program.points ?? 1;
  if (batch > 1 && !batchable)
    throw new ExplainError(
      'not-compilable',
      `${method} runs ${batch} points at a time, and this model takes one example only: export it with a free batch axis, or use vitrine explain`,
    );
  const inner = program.points === undefined ? one : cutAt(graphAt(batch), at);
  const score = ({ op, b, score: all }: Frame): Value => op.Slice(all, b.ints([-1]), b.ints([2 ** 31]), b.ints([0]));
  const built = build({ graph: inner, at, target, batch }, { ...program, write: (f) => ({ ...program.write(f), score: score(f) }) });
  return plain(withFront(built, one), one);
}
