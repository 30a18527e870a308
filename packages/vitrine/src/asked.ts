import {
  example as runOnce,
  explain as explainExample,
  ExplainError,
  explainerNamed,
  parseTarget,
  type Example,
  type Explanation,
  type Request,
  type Target,
} from '@vitrine/explain';
import { isFloat, sizeOf, type Tensor } from '@vitrine/ir';
import { divisionsOf, standInsOf } from './absence.js';
import { choicesIn } from './choices.js';
import { classesOf, numbersOf, type Ranked } from './ranked.js';
import type { Background } from './table/background.js';
import { answered, type ReadText } from './text.js';
import type { TextHead } from './textHeads/head.js';
import { textHead, withWords } from './textHeads/textHead.js';
import type { TextModel } from './textModel.js';

/** A question: a method, and whatever of it differs from the defaults. */
export interface Question extends Omit<Request, 'inputs' | 'target' | 'options' | 'labels' | 'at' | 'divisions' | 'standIns'> {
  /** As the command line takes it, `label:tabby` or `span:"Paris"`, or the target itself. */
  readonly target?: string | Target | undefined;
  readonly at?: string | readonly string[] | undefined;
  readonly options?: { readonly [name: string]: string | number | boolean | object | undefined };
  /** Rows of a table to compare with: what methods take as `background`, or as `baseline`. */
  readonly background?: Background | Background['table'] | undefined;
  /** Whether the answer is checked, and said not to be trusted where a check fails. */
  readonly sanity?: boolean | undefined;
}

/** What the model said. */
export interface Prediction {
  readonly outputs: ReadonlyMap<string, Tensor>;
  /**
   * What it says, the best first, or numbers in their order where it is for numbers: classes, where the first output is one score per class; of text the next tokens, the tokens at a mask,
   * answers, or tagged words. Of several masks the likeliest token at each, in reading order.
   */
  readonly classes: readonly Ranked[];
  /** What one of these is called. */
  readonly row: string;
}

/** An example that a model was run on, to be asked about. */
export interface Ran {
  readonly model: TextModel;
  readonly example: Example;
  /** How text was read, where it was given. */
  readonly text: ReadText | undefined;
  readonly head: TextHead | undefined;
  /** Names of classes; of a model that chooses between texts, the choices. */
  readonly labels: readonly string[] | undefined;
  readonly prediction: Prediction;
}

/** Runs a model on all its inputs. @throws ExplainError, RuntimeError */
export async function run(
  model: TextModel,
  inputs: ReadonlyMap<string, Tensor>,
  limits: Request['limits'],
  text: ReadText | undefined,
): Promise<Ran> {
  const example = await runOnce(model.subject, inputs, await model.runtime(), limits);
  const choices = text && choicesIn(text.encoded);
  const head = text && choices === undefined ? await textHead({ model, example, text: answered(text) }) : undefined;
  const labels = choices ?? model.labels;
  const prediction: Prediction = {
    outputs: example.outputs,
    classes: head?.said ?? (model.regresses ? numbersOf : classesOf)(example.outputs, labels),
    row: head?.row ?? (choices !== undefined ? 'Choice' : model.regresses ? 'Number' : 'Class'),
  };
  return { model, example, text, head, labels, prediction };
}

/** What an answer needs beside its question. */
export interface Means {
  /** Reads a file that a target names. */
  readonly tensor?: (file: string) => Tensor;
  /** Pictures by input, as the model saw them. */
  readonly pictures?: Request['pictures'];
  /** Series by input, and how they lie. */
  readonly series?: Request['series'];
  /** What is to be said about the inputs. */
  readonly notes?: readonly string[];
  /** What is explained unless said otherwise, and ways to divide it: of a row its columns. */
  readonly places?: readonly string[] | undefined;
  readonly divisions?: Request['divisions'];
}

/** What explainers are asked, and what is to be said about it. @throws ExplainError, DataError */
export async function requestFor(
  ran: Ran,
  question: Question,
  means: Means = {},
): Promise<{ readonly request: Request; readonly notes: readonly string[] }> {
  const { model, example, text, labels } = ran;
  const { tensor, pictures, series, divisions, notes: read = [] } = means;
  const { target: asked, at, options, background: _, sanity: __, ...rest } = question;
  const { target, notes = [] } = await targetOf(ran, asked, tensor);
  const places = typeof at === 'string' ? [at] : (at ?? means.places ?? placesFor(model, text, question.method));
  const reads = text === undefined ? [] : [text, ...(text.said?.at === text.at ? [] : [text.said])];
  const divided = reads.filter((one) => one?.at !== undefined && places?.includes(one.at)) as readonly ReadText[];
  return {
    request: {
      ...rest,
      inputs: example.feeds,
      target,
      at: places,
      options: options ?? {},
      labels,
      ...(pictures && { pictures }),
      ...(series && { series }),
      ...(divided.length > 0 && { divisions: divisionsOf(divided), standIns: standInsOf(divided) }),
      ...(divisions && { divisions }),
    },
    notes: [...model.notes, ...read, ...(text?.notes ?? []), ...notes],
  };
}

/** Answers a question. @throws ExplainError, RuntimeError */
export async function explained(ran: Ran, question: Question, means: Means = {}): Promise<Explanation> {
  const { request, notes } = await requestFor(ran, question, means);
  const found = await explainExample(ran.example, await ran.model.runtime(), request);
  const named = found.target.label ?? (ran.model.regresses ? numberNamed(ran.prediction, found.target.resolved) : undefined);
  return { ...found, target: { ...found.target, ...(named !== undefined && { label: named }) }, warnings: [...notes, ...found.warnings] };
}

const takesApart = (method: string): boolean => ['perturbation', 'surrogate'].includes(explainerNamed(method).family);

/** What is explained unless said otherwise: the embeddings of a text, and pictures and other numbers beside it. */
function placesFor({ subject }: TextModel, text: ReadText | undefined, method: string): readonly string[] | undefined {
  if (text?.at === undefined) return undefined;
  // What is taken away is divided in one way for all: a text in words, or a picture in cells.
  if (takesApart(method)) return [text.at];
  const floats = subject.graph.inputs.filter(({ name, type }) => isFloat(type.dtype) && !text.feeds.has(name));
  return [...floats.map(({ name }) => name), text.at];
}

/** The number to explain, and what is to be said about it: of text, unless said otherwise, what its head tells first. */
async function targetOf(
  { model, example, text, head, labels }: Ran,
  given: Question['target'],
  tensor: ((file: string) => Tensor) | undefined,
): Promise<{ readonly target: Target | undefined; readonly notes?: readonly string[] }> {
  const target = typeof given === 'string' ? parseTarget(given, { labels, ...(tensor && { tensor }) }) : given;
  if (target === undefined && text === undefined && model.regresses) return { target: onlyNumber(model, example.outputs) };
  return text === undefined ? { target } : withWords(target ?? { kind: 'top' }, { model, example, text: answered(text) }, head);
}

/** @throws ExplainError where a model gives more numbers than one */
function onlyNumber({ subject }: TextModel, outputs: Example['outputs']): Target {
  const all = [...outputs].filter(([, { dtype }]) => dtype.startsWith('float'));
  const [[output, { dims }]] = all as [[string, Tensor]];
  if (all.length === 1 && sizeOf(dims) === 1) return { kind: 'index', output, index: dims.slice(1).map(() => 0) };
  const shapes = all.map(([name, y]) => `${name} [${y.dims.join(',')}]`).join(', ');
  throw new ExplainError(
    'bad-option',
    `${subject.name} gives several numbers (${shapes}): say which one to explain, as target=output:${output}${',0'.repeat(Math.max(0, dims.length - 1))}`,
  );
}

/** What the listed number at an index is called. */
const numberNamed = ({ classes, outputs }: Prediction, target: Explanation['target']['resolved']): string | undefined =>
  classes.find(
    ({ target: own }) =>
      own.kind === 'index' &&
      target.kind === 'index' &&
      own.output === (target.output ?? outputs.keys().next().value) &&
      own.index.join() === target.index.join(),
  )?.label;
