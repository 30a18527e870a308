import type { Command } from 'commander';
import { ExplainError } from '@vitrine/explain';
import { isStatic, sizeOf, tensorOf, type NumericDType, type Tensor } from '@vitrine/ir';
import type { LoadedModel } from '../model.js';

/** What a model's graph depends on, when there is no input that tells. */
export interface Shaping {
  readonly dim?: readonly string[];
  readonly bind?: readonly string[];
}

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Options of every command that builds a graph without an input. */
export const shaping = (command: Command): Command =>
  command
    .option('--dim <name=number>', 'a number for a free extent (repeat for several)', gather)
    .option('--bind <name=number>', 'a value for an input that control flow depends on (repeat for several)', gather);

function numbersOf(option: string, given: readonly string[] = []): ReadonlyMap<string, number> {
  return new Map(
    given.map((text) => {
      const match = /^(.+)=(-?\d+)$/.exec(text);
      if (match === null) throw new ExplainError('bad-option', `${option} must be written NAME=NUMBER, not ${text}`);
      return [match[1]!, Number(match[2])];
    }),
  );
}

/** Free extents as numbers; inputs as constants of their own dtype and shape. @throws ExplainError 'bad-option' */
export function shapingOf(
  { subject }: LoadedModel,
  { dim, bind }: Shaping,
): { readonly dims: ReadonlyMap<string, number>; readonly bind: ReadonlyMap<string, Tensor> } {
  const bound = [...numbersOf('--bind', bind)].map(([name, number]): [string, Tensor] => {
    const input = subject.graph.inputs.find((v) => v.name === name);
    if (input === undefined || !isStatic(input.type.shape))
      throw new ExplainError('bad-option', `--bind ${name}: ${subject.name} has no input of that name with a known shape`);
    const { dtype, shape } = input.type;
    return [
      name,
      tensorOf(
        dtype as NumericDType,
        shape,
        Array.from({ length: sizeOf(shape) }, () => number),
      ),
    ];
  });
  return { dims: numbersOf('--dim', dim), bind: new Map(bound) };
}
