import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { DataError } from '@vitrine/data';
import { filledIn } from '@vitrine/data/node';
import { ExplainError } from '@vitrine/explain';
import type { LoadedModel } from '../model.js';
import { readText, type ReadText } from '../text.js';
import { templateIn } from './template.js';

/** A part of a prompt: who speaks (system, user, assistant), or what it is (document, question). */
export interface PromptPart {
  readonly name: string;
  readonly text: string;
}

export interface PromptGiven {
  /** A text, or parts of one. */
  readonly prompt: string | readonly PromptPart[];
  /** Whether the parts are put into the form that a model of conversations was trained with. */
  readonly chat?: boolean | undefined;
  /** Cut to this many tokens. */
  readonly maxTokens?: number | undefined;
  /** What a decoder has said so far. */
  readonly decoderText?: string | undefined;
}

/** A prompt as it is read. */
export interface Prompt {
  readonly read: ReadText;
  /** Where its parts stand in the text; one without a name where it has none. */
  readonly parts: readonly { readonly name: string; readonly start: number; readonly end: number }[];
}

const BETWEEN = '\n\n';

/** @throws DataError where tokenizer, text and model do not fit together; ExplainError 'bad-option' where a part is empty */
export async function readPrompt(model: LoadedModel, { prompt, chat = false, maxTokens, decoderText }: PromptGiven): Promise<Prompt> {
  const parts = typeof prompt === 'string' ? [{ name: '', text: prompt }] : prompt;
  const empty = parts.find(({ text }) => text.trim() === '');
  if (parts.length === 0 || (empty !== undefined && parts.length > 1))
    throw new ExplainError('bad-option', `the prompt's part ${empty?.name ?? ''} is empty: give it some words, or leave it out`);
  const { text, starts } = chat ? await conversation(model, parts) : { text: parts.map((part) => part.text).join(BETWEEN), starts: [] };
  const read = await readText(model, { text, maxTokens, plain: chat, decoderText }, new Set());
  const kept = read.encoded.kept[0]!;
  // What was cut off counts nothing, and is not said to.
  return { read, parts: located(text, numbered(parts), starts).filter(({ start }) => start < kept) };
}

/** Several parts of one name are numbered. */
function numbered(parts: readonly PromptPart[]): readonly PromptPart[] {
  const count = (name: string, list: readonly PromptPart[]): number => list.filter((part) => part.name === name).length;
  return parts.map((part, i) =>
    count(part.name, parts) > 1 ? { ...part, name: `${part.name} ${count(part.name, parts.slice(0, i)) + 1}` } : part,
  );
}

/** Where the parts stand, one after the other, none before its start. Forms of conversations take away the space around them. */
function located(text: string, parts: readonly PromptPart[], starts: readonly number[]): Prompt['parts'] {
  let behind = 0;
  return parts.flatMap(({ name, text: whole }, i) => {
    behind = Math.max(behind, starts[i] ?? 0);
    const part = text.includes(whole, behind) ? whole : whole.trim();
    const start = text.indexOf(part, behind);
    if (start < 0) return [];
    behind = start + part.length;
    return [{ name, start, end: behind }];
  });
}

const ROLES: ReadonlySet<string> = new Set(['system', 'user', 'assistant']);

/** The parts as messages, in the model's own form, and where the message of each starts. What no role says is the user's. */
async function conversation(
  model: LoadedModel,
  parts: readonly PromptPart[],
): Promise<{ readonly text: string; readonly starts: readonly number[] }> {
  const { name: file } = await model.tokenizer();
  const template = templateIn(path.dirname(file));
  if (template === undefined)
    throw new DataError(
      'unreadable',
      `there is no chat_template beside ${model.subject.name}: it was not trained for conversations, so give the prompt as it is`,
    );
  const messages: { readonly role: string; content: string }[] = [];
  const of: number[] = [];
  for (const { name, text } of parts) {
    const role = ROLES.has(name) ? name : 'user';
    const last = messages.at(-1);
    if (last?.role === role && role === 'user') last.content += BETWEEN + text;
    else messages.push({ role, content: text });
    of.push(messages.length - 1);
  }
  const text = await filledIn(template, messages);
  const marks = messages.map(() => randomUUID());
  const marked = await filledIn(
    template,
    messages.map(({ role }, i) => ({ role, content: marks[i]! })),
  ).catch(() => '');
  const starts = startsIn(text, messages, framesIn(marked, marks));
  return { text, starts: starts.length === 0 ? [] : of.map((message) => starts[message]!) };
}

/** What a form writes before each message, of which a word of a message may be a part too; undefined where the form leaves one out. */
function framesIn(marked: string, marks: readonly string[]): readonly string[] | undefined {
  const pieces = marks.map((mark, i) => ({
    at: marked.indexOf(mark),
    behind: i === 0 ? 0 : marked.indexOf(marks[i - 1]!) + marks[i - 1]!.length,
  }));
  return pieces.every(({ at, behind }) => at >= behind) ? pieces.map(({ at, behind }) => marked.slice(behind, at)) : undefined;
}

/** Where messages start; nothing where the form depends on what they say. */
function startsIn(text: string, messages: readonly { readonly content: string }[], frames: readonly string[] = []): readonly number[] {
  const starts: number[] = [];
  let behind = 0;
  for (const [i, frame] of frames.entries()) {
    const start = behind + frame.length;
    const { content } = messages[i]!;
    const written = [content, content.trim()].find((one) => text.startsWith(frame + one, behind));
    if (written === undefined) return [];
    starts.push(start);
    behind = start + written.length;
  }
  return starts;
}
