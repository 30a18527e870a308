import { hostname, userInfo } from 'node:os';
import { record, type ClassScore, type ExplanationRecord } from '@vitrine/audit';
import {
  example,
  explain as explainExample,
  parseTarget,
  type Example,
  type Explanation,
  type Request,
  type Target,
} from '@vitrine/explain';
import { sizeOf, type Tensor } from '@vitrine/ir';
import { DataError } from '@vitrine/data';
import { arraysOf } from './fileNames.js';
import { loadInput, readTensor, type Given, type Loaded } from './input.js';
import type { LoadedModel } from './model.js';
import { nextToken, readText, tooLong, withTokens, type ReadText, type TextGiven } from './text.js';
import { VERSION } from './version.js';

/** A question: a method, and whatever of it differs from the defaults. */
export interface Question extends Omit<Request, 'inputs' | 'target' | 'options' | 'labels' | 'at'> {
  /** `7`, `0,7`, `top`, `label:tabby`, `3-5`, `weights=FILE.npy`, `output:NAME,…`, `class:3`, `box:0`, `value:NAME,…`, or the target itself. */
  readonly target?: string | Target | undefined;
  readonly at?: string | readonly string[] | undefined;
  readonly options?: { readonly [name: string]: string | number | boolean | object | undefined };
}

/** What is given for all inputs: for the only one, by name, or text for all those that text gives. */
export type AllGiven = InputsGiven | TextAndInputs;

export type InputsGiven = Given | { readonly [name: string]: Given } | ReadonlyMap<string, Given>;

/** Text, and what the model takes beside it. */
type TextAndInputs = TextGiven & { readonly inputs?: ReadonlyMap<string, Given> | undefined };

/** What the model said. */
export interface Prediction {
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** The best classes first, when the first output is one score per class. */
  readonly classes: readonly Ranked[];
}

/** An answer, and the record that lets others check it. */
export interface Answer {
  readonly explanation: Explanation;
  readonly record: ExplanationRecord;
}

/** One example under the glass: run once, asked any number of questions. */
export interface Exam {
  readonly model: LoadedModel;
  readonly inputs: ReadonlyMap<string, Loaded>;
  /** How text was read, where it was given. */
  readonly text?: ReadText;
  readonly prediction: Prediction;
  /** What the run told. */
  readonly example: Example;
  explain(question: Question): Promise<Answer>;
}

/** Runs a model on an example. Inputs are files, tensors or pictures' bytes: one alone, or by name; or `{ text }`. @throws DataError, ExplainError */
export async function examine(model: LoadedModel, given: AllGiven, limits?: Question['limits']): Promise<Exam> {
  if (!isText(model, given)) return examined(model, await loaded(model, given), limits);
  const others = await loaded(model, given.inputs ?? new Map<string, Given>());
  const text = await readText(model, given, new Set(others.keys()));
  const read = [...text.feeds].map(([name, tensor]) => [name, { tensor, file: undefined }] as const);
  return examined(model, new Map<string, Loaded>([...read, ...others]), limits, text).catch((cause: unknown) => {
    throw tooLong(cause, text, model);
  });
}

/** A model may have an input that is called text. */
export const isText = (model: LoadedModel, given: AllGiven): given is TextAndInputs =>
  typeof given === 'object' &&
  'text' in given &&
  typeof given.text === 'string' &&
  !model.subject.graph.inputs.some(({ name }) => name === 'text');

/** What is given, read. */
export async function loaded(model: LoadedModel, given: InputsGiven): Promise<ReadonlyMap<string, Loaded>> {
  const { graph, name: modelName } = model.subject;
  const named = isOne(given) ? new Map([[onlyInput(model), given]]) : isNamed(given) ? given : new Map(Object.entries(given));
  const inputs = new Map<string, Loaded>();
  for (const [name, one] of named) {
    const input = graph.inputs.find((v) => v.name === name);
    if (input === undefined)
      throw new DataError('bad-input', `${modelName} has no input ${name}: it takes ${graph.inputs.map((v) => v.name).join(', ')}`);
    inputs.set(name, await loadInput(one, input, model.preprocess));
  }
  return inputs;
}

/** Runs a model on text that was read. */
export const examineRead = (model: LoadedModel, text: ReadText, limits?: Question['limits']): Promise<Exam> =>
  examined(model, new Map([...text.feeds].map(([name, tensor]) => [name, { tensor, file: undefined }])), limits, text);

/** Runs a model on inputs. */
export async function examined(
  model: LoadedModel,
  inputs: ReadonlyMap<string, Loaded>,
  limits: Question['limits'],
  text?: ReadText,
): Promise<Exam> {
  const runtime = await model.runtime();
  const ex = await example(model.subject, new Map([...inputs].map(([name, { tensor }]) => [name, tensor])), runtime, limits);
  const prediction = { outputs: ex.outputs, classes: classesOf(ex, model.labels, text) };
  return {
    model,
    inputs,
    ...(text && { text }),
    prediction,
    example: ex,
    explain: (question) => answer(model, ex, prediction, question, text),
  };
}

const isOne = (given: InputsGiven): given is Given =>
  typeof given === 'string' || given instanceof Uint8Array || ('dims' in given && 'dtype' in given);
const isNamed = (given: Exclude<InputsGiven, Given>): given is ReadonlyMap<string, Given> => given instanceof Map;

function onlyInput({ subject }: LoadedModel): string {
  const { inputs } = subject.graph;
  if (inputs.length !== 1)
    throw new DataError(
      'bad-input',
      `${subject.name} has ${inputs.length} inputs (${inputs.map((v) => v.name).join(', ')}): say which with NAME=FILE`,
    );
  return inputs[0]!.name;
}

async function answer(model: LoadedModel, ex: Example, prediction: Prediction, question: Question, text?: ReadText): Promise<Answer> {
  const runtime = await model.runtime();
  const { target, at, options, ...rest } = question;
  const found = await explainExample(ex, runtime, {
    ...rest,
    inputs: ex.feeds,
    target: await targetOf(model, prediction, target, text),
    at: typeof at === 'string' ? [at] : (at ?? (text?.at === undefined ? undefined : [text.at])),
    options: options ?? {},
    labels: model.labels,
  });
  const explanation = text === undefined ? found : { ...found, warnings: [...text.notes, ...found.warnings] };
  const [best] = prediction.classes;
  return {
    explanation,
    record: await record({
      explanation,
      model: model.subject,
      inputs: ex.feeds,
      runtime,
      toolVersion: VERSION,
      createdAt: new Date().toISOString(),
      actor: actor(),
      files: arraysOf(explanation),
      environment: {
        platform: `${process.platform}-${process.arch}`,
        node: process.version,
        ...(text && { tokenizer: text.tokenizer.digest }),
      },
      ...(best && { predicted: { index: [best.index], score: best.score, label: best.label } }),
      probability: best?.given ? best.probability : undefined,
    }),
  };
}

/** The number to explain: of text that is to be gone on with, the likeliest next token unless said otherwise. */
async function targetOf(
  model: LoadedModel,
  { outputs, classes: [best] }: Prediction,
  given: Question['target'],
  text: ReadText | undefined,
): Promise<Target | undefined> {
  const target = typeof given === 'string' ? parseTarget(given, { labels: model.labels, tensor: readTensor }) : given;
  if (text === undefined) return target;
  const next = nextToken(outputs, text);
  const isTop = target === undefined || (target.kind === 'top' && target.output === undefined);
  if (isTop && next !== undefined && best !== undefined) return { kind: 'index', index: [next.position, best.index], name: best.label };
  return target && withTokens(target, outputs, text);
}

function actor(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return 'unknown'; // Containers may have no user of that number.
  }
}

export interface Ranked extends ClassScore {
  readonly index: number;
  /** Whether the probability is the model's own. */
  readonly given: boolean;
}

/** The five best classes of an output [1,C], or the five likeliest next tokens. */
function classesOf({ outputs }: Example, labels: readonly string[] | undefined, text: ReadText | undefined): readonly Ranked[] {
  const next = text && nextToken(outputs, text);
  if (next !== undefined) return ranked(Array.from(next.scores), (index) => `“${text!.tokenizer.spelled(index) ?? index}”`);
  const y = outputs.values().next().value;
  if (y === undefined || !y.dtype.startsWith('float')) return [];
  const dims = y.dims[0] === 1 ? y.dims.slice(1) : y.dims;
  const count = sizeOf(dims);
  const scores = Array.from(y.data as Float32Array);
  if (dims.filter((d) => d > 1).length > 1) return [];
  if (count === 1) return [{ index: 0, label: labels?.[0] ?? `${outputs.keys().next().value}`, score: scores[0]!, given: false }];
  return ranked(scores, (index) => labels?.[index] ?? `class ${index}`);
}

/** Scores that are no probabilities are turned into some by softmax. */
function ranked(scores: readonly number[], labelOf: (index: number) => string): readonly Ranked[] {
  const given = scores.every((s) => s >= 0 && s <= 1) && Math.abs(scores.reduce((a, b) => a + b, 0) - 1) < 1e-3;
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = scores.map((s) => Math.exp(s - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return [...scores.keys()]
    .toSorted((a, b) => scores[b]! - scores[a]!)
    .slice(0, BEST)
    .map((index) => {
      const score = scores[index]!;
      return { index, label: labelOf(index), score, probability: given ? score : powers[index]! / total, given };
    });
}

const BEST = 5;

/** Answers one question about one example. */
export async function explain(model: LoadedModel, given: AllGiven, question: Question): Promise<Answer> {
  const exam = await examine(model, given, question.limits);
  return exam.explain(question);
}
