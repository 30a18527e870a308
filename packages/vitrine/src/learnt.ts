import { ExplainError, type Learnt, type Tensors } from '@vitrine/explain';
import { sizeOf, VitrineError, type Tensor } from '@vitrine/ir';
import type { Question } from './asked.js';
import type { CompileQuestion } from './compile.js';
import { examine, examineRow, type Exam } from './exam.js';
import type { LoadedModel } from './model.js';
import { settled } from './table/background.js';
import { rowsIn } from './table/rows.js';

/** What a method learns from a background, the first example of which tells shapes. @throws ExplainError, DataError where there is none */
export async function learntFor(model: LoadedModel, { at, background, options, ...question }: CompileQuestion): Promise<Learnt> {
  const { method, layer, seed, target, signal, progress } = question;
  const asked: Question = {
    method,
    at,
    layer,
    background,
    options: options ?? {},
    ...(seed !== undefined && { seed }),
    ...(target !== undefined && { target }),
    ...(signal && { signal }),
    ...(progress && { progress }),
  };
  const exam =
    options?.['background'] === undefined ? await ofTable(model, asked) : await ofArrays(model, options['background'] as Tensors);
  return exam.learn(asked);
}

/** The first row of a background that can be read. @throws ExplainError where none is given, DataError where none can */
async function ofTable(model: LoadedModel, { method, background }: Question): Promise<Exam> {
  if (background === undefined)
    throw new ExplainError(
      'bad-option',
      `${method} learns from many examples: give rows with --background TABLE, or arrays with --option background=FILE.npy`,
    );
  let failure: VitrineError | undefined;
  for await (const { row } of rowsIn(model, settled(background, method))) {
    if (!(row instanceof VitrineError)) return examineRow(model, row);
    failure ??= row;
  }
  throw failure ?? new ExplainError('bad-option', `${method} learns from many examples, and the background holds none`);
}

/** The first example of arrays. @throws ExplainError where they are not those of the model's inputs */
function ofArrays(model: LoadedModel, given: Tensors): Promise<Exam> {
  const { inputs } = model.subject.graph;
  const arrays = given instanceof Map ? (given as ReadonlyMap<string, Tensor>) : new Map([[inputs[0]!.name, given as Tensor]]);
  const first = inputs.map(({ name }): readonly [string, Tensor] => {
    const array = arrays.get(name);
    if (array === undefined)
      throw new ExplainError(
        'bad-option',
        `the background holds nothing for input ${name}: give it as a table, or as FILE.npz with an array for each input`,
      );
    return [name, firstOf(array)];
  });
  return examine(model, new Map(first));
}

function firstOf({ dtype, dims, data }: Tensor): Tensor {
  const size = sizeOf(dims.slice(1));
  return { dtype, dims: [1, ...dims.slice(1)], data: data.slice(0, size) } as Tensor;
}
