import { DataError } from '../../error.js';
import type { Token } from '../tokens.js';
import { field, listed, unsupported, type Part } from './part.js';

/** The tokens of one text, or of two, on their way to what a model reads. */
export type Sequences = readonly (readonly Token[])[];
/** What is put around the tokens of texts; nothing of the tokenizer's own unless it is to be added. */
export type PostProcessor = (sequences: Sequences, adds: boolean, texts: readonly string[]) => Sequences;

const rows: { readonly [type: string]: (part: Part) => PostProcessor } = {
  Sequence: (part) => {
    const steps = listed(part, 'processors').map(postProcessorOf);
    return (sequences, adds, texts) => steps.reduce((all, step) => step(all, adds, texts), sequences);
  },
  TemplateProcessing: (part) => {
    const [single, pair] = [template(part, 'single'), template(part, 'pair')];
    return (sequences, adds) => (sequences.length > 1 ? pair : single).map((write) => write(sequences, adds));
  },
  BertProcessing: (part) => {
    const [start, end] = [pairOf(part, 'cls'), pairOf(part, 'sep')];
    return ([first = [], second], adds) =>
      adds
        ? [[start(0)], first, [end(0)], ...(second === undefined ? [] : [second, [end(1)]])]
        : second === undefined
          ? [first]
          : [first, second];
  },
  RobertaProcessing: (part) => {
    const [start, end] = [pairOf(part, 'cls'), pairOf(part, 'sep')];
    const trim = trimming(part);
    return (given, adds, texts) => {
      const [first = [], second] = trim(given, texts).map((tokens) => tokens.map((token) => ({ ...token, type: 0 })));
      if (!adds) return second === undefined ? [first] : [first, second];
      return [[start(0)], first, [end(0)], ...(second === undefined ? [] : [[end(0)], second, [end(0)]])];
    };
  },
  ByteLevel: (part) => {
    const trim = trimming(part);
    return (sequences, _, texts) => trim(sequences, texts);
  },
};

/** @throws DataError 'unsupported' for one that is not known */
export function postProcessorOf(part: Part | null | undefined): PostProcessor {
  if (part === null || part === undefined) return (sequences) => sequences;
  return (rows[part.type] ?? unsupported('post-processor', part.type))(part);
}

const added = (id: number, text: string, type: number): Token => ({
  id,
  text,
  sequence: undefined,
  start: 0,
  end: 0,
  type,
  special: true,
  attended: true,
});

/** A token of the tokenizer's own, as `["[SEP]", 102]`. */
function pairOf(part: Part, name: string): (type: number) => Token {
  const [text, id] = Array.isArray(part[name]) ? (part[name] as readonly unknown[]) : [];
  if (typeof text !== 'string' || typeof id !== 'number') throw new DataError('malformed', `${part.type} has no ${name}`);
  return (type) => added(id, text, type);
}

type Item = {
  readonly SpecialToken?: { readonly id: string; readonly type_id: number };
  readonly Sequence?: { readonly id: 'A' | 'B'; readonly type_id: number };
};
type Specials = { readonly [id: string]: { readonly ids: readonly number[]; readonly tokens: readonly string[] } };

function template(part: Part, name: string): readonly ((sequences: Sequences, adds: boolean) => readonly Token[])[] {
  const specials = part['special_tokens'] as Specials;
  return ((part[name] ?? []) as readonly Item[]).map(({ SpecialToken: special, Sequence: sequence }) => (sequences, adds) => {
    if (sequence !== undefined)
      return (sequences[sequence.id === 'A' ? 0 : 1] ?? []).map((token) => ({ ...token, type: sequence.type_id }));
    if (special === undefined || !adds) return [];
    const { ids, tokens } = specials[special.id]!;
    return ids.map((id, i) => added(id, tokens[i]!, special.type_id));
  });
}

/** Space that byte-level tokens begin or end with. */
const SPACES = /^[Ġ\p{White_Space}]+|[Ġ\p{White_Space}]+$/gu;

/** Takes the space of byte-level tokens out of their places, but for one that was put in front of the text. */
function trimming(part: Part): (sequences: Sequences, texts: readonly string[]) => Sequences {
  if (!field(part, 'trim_offsets', true)) return (sequences) => sequences;
  const isPrefixed = field(part, 'add_prefix_space', true);
  return (sequences, texts) =>
    sequences.map((tokens) =>
      tokens.map((token, i) => {
        if (token.sequence === undefined) return token;
        const text = texts[token.sequence]!;
        const runs = Array.from(token.text.matchAll(SPACES));
        const leading = runs.find(({ index }) => index === 0)?.[0].length ?? 0;
        const trailing = runs.find(({ index, 0: run }) => index + run.length === token.text.length)?.[0].length ?? 0;
        const isFirst = leading > 0 && isPrefixed && i === 0 && token.start === 0;
        const start = Math.min(behind(text, token.start, leading - Number(isFirst)), token.end);
        return { ...token, start, end: Math.max(before(text, token.end, trailing), start) };
      }),
    );
}

/** So many characters further. A space that was put in has the place of what it stands before, which may be of two units. */
function behind(text: string, at: number, count: number): number {
  for (let i = 0; i < count; i++) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  return at;
}

function before(text: string, at: number, count: number): number {
  for (let i = 0; i < count && at > 0; i++) at -= /[\uDC00-\uDFFF]/.test(text[at - 1]!) ? 2 : 1;
  return at;
}
