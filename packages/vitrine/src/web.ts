import { DataError, pageTokenizer, type Tokenizer } from '@vitrine/data';
import { subject, type Explanation } from '@vitrine/explain';
import { memory, readModel, type Tensor } from '@vitrine/ir';
import { caching, sha256, type Runtime } from '@vitrine/runtime';
import { webRuntime, type WebRuntimeOptions } from '@vitrine/runtime/web';
import { explained, run, type Prediction, type Question } from './asked.js';
import { readText, tooLong, type ReadText, type TextGiven } from './text.js';
import type { TextModel } from './textModel.js';

/** A model in the page. */
export interface WebModel extends TextModel {
  close(): Promise<void>;
}

export interface WebOptions extends WebRuntimeOptions {
  /** For messages. */
  readonly name?: string;
  /** Class names. */
  readonly labels?: readonly string[];
  /** For models of text: the text of its `tokenizer.json`, or what reads one. */
  readonly tokenizer?: string | Tokenizer;
  /** Most tokens that it reads, where its graph does not say so. */
  readonly maxTokens?: number;
  /** Tokens that start what a decoder says. */
  readonly decoderStart?: readonly number[];
}

/** What is given for all inputs: tensors by name, or text and what the model takes beside it. */
export type WebGiven = ReadonlyMap<string, Tensor> | (TextGiven & { readonly inputs?: ReadonlyMap<string, Tensor> });

/** One example in the page: run once, asked any number of questions. `textParts` tells what the words of its text count. */
export interface WebExam {
  readonly inputs: ReadonlyMap<string, { readonly tensor: Tensor }>;
  /** How text was read, where it was given. */
  readonly text?: ReadText;
  readonly prediction: Prediction;
  explain(question: Question): Promise<Explanation>;
}

/** Opens a model's bytes, to be explained on onnxruntime-web. @throws GraphError, RuntimeError, DataError */
export async function load(bytes: Uint8Array, options: WebOptions = {}): Promise<WebModel> {
  const { name = 'model', labels, tokenizer, maxTokens, decoderStart = [], ...web } = options;
  const runtime: Runtime = caching(await webRuntime(web));
  const reader = typeof tokenizer === 'string' ? await pageTokenizer(tokenizer) : tokenizer;
  return {
    subject: subject(readModel(memory(bytes)), name, await sha256(bytes)),
    labels,
    maxTokens,
    decoderStart,
    notes: [],
    runtime: async () => runtime,
    async tokenizer() {
      if (reader !== undefined) return reader;
      throw new DataError(
        'unreadable',
        `${name} was loaded without a tokenizer: give the text of its tokenizer.json, as load(bytes, { tokenizer })`,
      );
    },
    close: () => runtime.close(),
  };
}

/** Runs a model on an example. @throws DataError, ExplainError, RuntimeError */
export async function examine(model: WebModel, given: WebGiven, limits?: Question['limits']): Promise<WebExam> {
  if (!('text' in given)) return examined(model, given, limits);
  const beside = given.inputs ?? new Map<string, Tensor>();
  const text = await readText(model, given, new Set(beside.keys()));
  return examined(model, new Map([...text.feeds, ...beside]), limits, text).catch((cause: unknown) => {
    throw tooLong(cause, text, model);
  });
}

async function examined(
  model: WebModel,
  inputs: ReadonlyMap<string, Tensor>,
  limits: Question['limits'],
  text?: ReadText,
): Promise<WebExam> {
  const ran = await run(model, inputs, limits, text);
  return {
    inputs: new Map([...inputs].map(([name, tensor]) => [name, { tensor }])),
    ...(text && { text }),
    prediction: ran.prediction,
    explain: (question) => explained(ran, question),
  };
}

/** Answers one question about one example. @throws DataError, ExplainError, RuntimeError */
export async function explain(model: WebModel, given: WebGiven, question: Question): Promise<Explanation> {
  const exam = await examine(model, given, question.limits);
  return exam.explain(question);
}

export { explainers, parseTarget, survey, type Explanation, type Target } from '@vitrine/explain';
export type { Prediction, Question } from './asked.js';
export type { ReadText, TextGiven } from './text.js';
export { textParts, type Telling, type TextPart } from './told.js';
export * from '@vitrine/data';
