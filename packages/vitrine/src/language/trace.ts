import { traceRecord, type TraceRecord } from '@vitrine/audit';
import type { Encoded, TokenReduction } from '@vitrine/data';
import { ExplainError, explainerNamed, outputOf, type Progress, type Target } from '@vitrine/explain';
import { examineRead, type Answer, type Exam } from '../exam.js';
import type { Question } from '../asked.js';
import type { Prompt } from './prompt.js';
import { innerOf, lensAt } from './inner.js';
import { writtenBehind, type Spoken } from './speak.js';
import { leavesOf, stretchOf, valuesBefore, type Stretch } from './stretch.js';
import { whole, type Speech } from './speech.js';

/** Why a model said what it said. */
export interface TraceQuestion extends Omit<Question, 'target' | 'progress'> {
  /** Why this rather than that: another text, at the first token where the two part, or `runner-up` for the likeliest other token at each place. */
  readonly rather?: string | undefined;
  /** Only the tokens of these words of what was said; all of them unless given. */
  readonly answer?: string | undefined;
  /** Whether to read the states behind each layer by the model's own head. */
  readonly lens?: boolean | undefined;
  /** How a token's vector becomes one number: unless given its sum, or its length where a method tells rates of change. */
  readonly reduce?: TokenReduction | undefined;
  readonly progress?: Progress | undefined;
}

/** One token that was said, and what it owes to those before it. */
export interface TraceStep {
  /** Its place among all tokens. */
  readonly place: number;
  readonly said: Spoken;
  /** One number for each token before it. */
  readonly values: Float64Array;
  readonly score: number;
  readonly gap?: number;
  /** The token that was not said, where the question is why this one rather than that. */
  readonly rather?: { readonly id: number; readonly text: string };
  /** Relevance of each layer, and of each head of each layer of attention, where the method tells it. */
  readonly layers?: readonly Named[];
  readonly heads?: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** For each layer the likeliest tokens, and how likely this one was. */
  readonly lens?: readonly LensStep[];
}

interface Named {
  readonly name: string;
  readonly value: number;
}

export interface LensStep {
  readonly layer: string;
  readonly probability: number;
  readonly best: readonly { readonly id: number; readonly text: string; readonly probability: number }[];
}

/** What a model said, and why: each token by those before it. */
export interface Trace {
  readonly prompt: Prompt;
  /** All tokens: the prompt's and those that were said. */
  readonly exam: Exam;
  readonly encoded: Encoded;
  /** The place of the first token that was said. */
  readonly from: number;
  readonly said: readonly Spoken[];
  readonly method: string;
  /** Whether less than zero means against. */
  readonly signed: boolean;
  readonly reduce: TokenReduction;
  readonly steps: readonly TraceStep[];
  readonly record: TraceRecord;
  readonly records: readonly Answer['record'][];
  readonly warnings: readonly string[];
}

/** Explains what a model said, token by token: memory does not grow with their number. @throws ExplainError, RuntimeError 'over-budget' */
export async function trace(
  speech: Speech,
  { rather, answer, lens: withLens, reduce: how, progress, ...question }: TraceQuestion,
): Promise<Trace> {
  const { model, prompt, how: speaking, said } = speech;
  await whole(speech);
  if (said.length === 0) throw new ExplainError('bad-option', 'nothing was said, so there is nothing to explain');
  const stretch = stretchOf(model, prompt.read, said);
  const { encoded, from, apart } = stretch;
  const exam = await examineRead(model, stretch.read, question.limits);
  if (outputOf(undefined, exam.prediction.outputs).dims.length !== 3)
    throw new ExplainError(
      'bad-option',
      `${model.subject.name} gives no scores for each place of a text, so what it said cannot be traced`,
    );
  const { family, options: known } = explainerNamed(question.method);
  const wantsHeads = Object.hasOwn(known, 'layers') && question.options?.['layers'] === undefined;
  const options = { ...question.options, ...(wantsHeads && { layers: 'heads' }) };
  const at = question.at ?? leavesOf(stretch);
  const others = await rathersOf(exam, stretch, said, rather);
  const places = asked(placesOf(encoded, from, said, answer), others, { rather, answer });
  const steps: TraceStep[] = [];
  const records: Answer['record'][] = [];
  const warnings = new Set<string>();
  let reduce: TokenReduction = 'sum';
  let signed = true;
  for (const [done, place] of places.entries()) {
    progress?.(done, places.length);
    const token = said[place - from]!;
    const other = others.get(place);
    // A word that is taken away is whole: none may go on behind the token.
    const near = family === 'perturbation' ? stretchOf(model, prompt.read, said.slice(0, place - from)) : stretch;
    const { explanation, record } = await (near === stretch ? exam : await examineRead(model, near.read, question.limits)).explain({
      ...question,
      at,
      options,
      several: true,
      target: targetAt(place - 1 - apart, token, other),
    });
    const values = valuesBefore(explanation, near, place, how);
    [reduce, signed] = [values.reduce, values.signed];
    steps.push({
      place,
      said: token,
      values: values.values,
      score: explanation.target.score,
      ...(explanation.completeness && { gap: explanation.completeness.gap }),
      ...(other && { rather: other }),
      ...innerOf(exam, explanation),
      ...(withLens && { lens: await lensAt(exam, stretch, place, token, question) }),
    });
    records.push(record);
    for (const warning of explanation.warnings) warnings.add(warning);
  }
  progress?.(places.length, places.length);
  const { temperature, topK, topP, seed = 0, stop = [] } = speaking;
  const sampling = {
    ...(temperature !== undefined && { temperature }),
    ...(topK !== undefined && { topK }),
    ...(topP !== undefined && { topP }),
  };
  const record = await traceRecord(
    records,
    { prompt: encoded.tokens.slice(0, from).map(({ id }) => id), said: said.map(({ id }) => id), sampling, seed, stop },
    steps.map(({ place, said: { id, text, probability }, score, rather: not, gap }) => ({
      place,
      token: id,
      text,
      probability,
      score,
      ...(not && { rather: not.id }),
      ...(gap !== undefined && { gap }),
    })),
  );
  return { prompt, exam, encoded, from, said, method: question.method, signed, reduce, steps, record, records, warnings: [...warnings] };
}

/** A token is told by the place before it. */
function targetAt(before: number, { id, text }: Spoken, rather: TraceStep['rather']): Target {
  const at = (token: number, name: string): Target => ({ kind: 'index', index: [before, token], name: `“${name}”` });
  return rather === undefined ? at(id, text) : { kind: 'difference', of: at(id, text), minus: at(rather.id, rather.text) };
}

/** Places of the tokens to explain. @throws ExplainError where the words were not said */
function placesOf({ texts, tokens }: Encoded, from: number, said: readonly Spoken[], answer: string | undefined): readonly number[] {
  const all = said.map((_, i) => from + i);
  if (answer === undefined) return all;
  const spoken = said.map(({ text }) => text).join('');
  const text = texts.at(-1)!;
  const first = text.length - spoken.length;
  const start = text.indexOf(answer, first);
  if (answer.trim() === '' || start < 0)
    throw new ExplainError('bad-option', `“${answer}” was not said: the model said “${spoken.trim()}”`);
  return all.filter((t) => tokens[t]!.sequence !== undefined && tokens[t]!.end > start && tokens[t]!.start < start + answer.length);
}

/** Why not another text is asked at one token only. @throws ExplainError where that is not asked about */
function asked(
  places: readonly number[],
  others: ReadonlyMap<number, Other>,
  { rather, answer }: Pick<TraceQuestion, 'rather' | 'answer'>,
): readonly number[] {
  if (rather === undefined || rather === RUNNER_UP) return places;
  const found = places.filter((place) => others.has(place));
  if (found.length === 0)
    throw new ExplainError(
      'bad-option',
      `“${rather}” parts from what was said at another token than those of “${answer}”: ask without the one or the other`,
    );
  return found;
}

type Other = NonNullable<TraceStep['rather']>;

/** For places the token that was not said. @throws ExplainError where the other text is what was said */
async function rathersOf(
  exam: Exam,
  { encoded: { tokens }, from, apart }: Stretch,
  said: readonly Spoken[],
  rather: string | undefined,
): Promise<ReadonlyMap<number, Other>> {
  if (rather === undefined) return new Map();
  const { tokenizer } = exam.text!;
  const other = async (place: number, id: number): Promise<readonly [number, Other]> => [
    place,
    { id, text: await writtenBehind(tokenizer, tokens.slice(apart, place), id) },
  ];
  if (rather === RUNNER_UP) {
    const second = said.map(({ id, best }) => best.find((candidate) => candidate.id !== id));
    return new Map(await Promise.all(second.flatMap((candidate, i) => (candidate === undefined ? [] : [other(from + i, candidate.id)]))));
  }
  const pieces = await tokenizer.pieces(rather);
  const at = pieces.findIndex(({ id }, i) => id !== said[i]?.id);
  if (pieces.length === 0 || at < 0 || at >= said.length)
    throw new ExplainError('bad-option', `“${rather}” is what the model said, or goes on behind it: give another text to ask why not that`);
  return new Map([await other(from + at, pieces[at]!.id)]);
}

export const RUNNER_UP = 'runner-up';
