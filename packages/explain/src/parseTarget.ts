import { closeNames } from '@vitrine/data';
import type { Tensor } from '@vitrine/ir';
import { ExplainError } from './error.js';
import type { Target } from './target.js';

const bad = (message: string): never => {
  throw new ExplainError('bad-target', message);
};

export interface TargetTexts {
  /** Class names, for `label:…`. */
  readonly labels?: readonly string[] | undefined;
  /** Reads a file named in a target. */
  readonly tensor?: (file: string) => Tensor;
}

/** How targets are written, for people. */
export const SPELLINGS =
  '7, 0,7, top, label:NAME, 3-5, weights=FILE.npy, output:NAME,7, class:3, box:0, value:NAME,3; for text token:" NAME", span:"WORDS", tag:LABEL or answer';

/**
 * Reads a target as the command line gives it: `7`, `0,7`, `top`, `label:tabby`, `3-5`, `weights=FILE`, `output:NAME,7`, `class:3`,
 * `class:3,mask=FILE`, `box:0`, `value:NAME,3`, `token:" Paris"`, `token:"Paris"@2`, `span:"Paris",label:B-LOC`, `span:0..5`,
 * `tag:B-LOC`, `answer`. Names may stand in quotes; one without ends where its target does. @throws ExplainError 'bad-target'
 */
export function parseTarget(text: string, texts: TargetTexts = {}): Target {
  const reader: Reader = { text, texts, at: 0 };
  const target = difference(reader);
  return reader.at === text.length ? target : noTarget(text);
}

/** What is read, and how far it has been. */
interface Reader {
  readonly text: string;
  readonly texts: TargetTexts;
  at: number;
}

const noTarget = (text: string): never => bad(`'${text}' is no target: write ${SPELLINGS}`);

/** One target, or why one rather than another. */
function difference(reader: Reader): Target {
  const of = term(reader);
  return took(reader, /-/y) === undefined ? of : { kind: 'difference', of, minus: term(reader) };
}

function term(reader: Reader): Target {
  const keyword = took(reader, /(label|token|span|tag|class|box|value|output):|(weights)=/y);
  if (keyword !== undefined) return terms[(keyword[1] ?? keyword[2]) as keyof typeof terms](reader);
  const word = took(reader, /(top|answer|\d+(?:,\d+)*)(?=-|$)/y)?.[1];
  if (word === undefined) return noTarget(reader.text);
  return word === 'top' || word === 'answer' ? { kind: word } : { kind: 'index', index: word.split(',').map(Number) };
}

/** What a pattern finds here, which then is read. */
function took(reader: Reader, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text) ?? undefined;
  if (found !== undefined) reader.at = pattern.lastIndex;
  return found;
}

/** Where a name without quotes ends: a dash is part of it, unless another target stands behind that. */
const NEXT = '-(?:(?:label|token|span|tag|class|box|value|output):|weights=)';
const NAME = new RegExp(String.raw`(?:(?!${NEXT})[\s\S])*`, 'y');
/** The same for words, which a label may follow. */
const WORDS = new RegExp(String.raw`(?:(?!${NEXT}|,label:)[\s\S])*`, 'y');
/** A name in quotes. It may hold quotes: the last one is the one that something else of a target follows. */
const QUOTED = new RegExp(String.raw`"([\s\S]*?)"(?=$|,label:|@\d+(?:-|$)|${NEXT}|-(?:top|answer|\d+(?:,\d+)*)$)`, 'y');

/** A name, with quotes or without. */
function name(reader: Reader, plain: RegExp = NAME): string {
  if (reader.text[reader.at] !== '"') return took(reader, plain)![0];
  return took(reader, QUOTED)?.[1] ?? bad(`${reader.text} opens a quote and does not close it: write token:" Paris" or span:"Paris"`);
}

const terms = {
  label: (reader) => ({ kind: 'index', index: [labelIndex(labelName(reader), reader.texts.labels)] }),
  token(reader) {
    const isQuoted = reader.text[reader.at] === '"';
    const text = name(reader) || bad(`${reader.text} names no token: write token:" Paris"`);
    const mask = isQuoted ? took(reader, /@(\d+)/y)?.[1] : undefined;
    return { kind: 'token', text, ...(mask !== undefined && { mask: Number(mask) }) };
  },
  span(reader) {
    const place = took(reader, /(\d+)\.\.(\d+)(?=$|,|-)/y);
    const at = place ? { start: Number(place[1]), end: Number(place[2]) } : name(reader, WORDS);
    if (at === '') bad(`${reader.text} names no words: write span:"Paris" or span:0..5`);
    return { kind: 'span', at, ...(took(reader, /,label:/y) && { label: numbered(labelName(reader), reader.texts) }) };
  },
  tag: (reader) => ({ kind: 'tag', label: numbered(labelName(reader), reader.texts) }),
  class(reader) {
    const number = whole(took(reader, /[^,-]*/y)![0], reader.text);
    const mask = took(reader, /,mask=/y) && took(reader, NAME)![0];
    if (reader.text[reader.at] === ',') bad(`${reader.text}: behind the class only mask=FILE or mask=predicted can stand`);
    return {
      kind: 'class',
      class: number,
      ...(mask !== undefined && { mask: mask === 'predicted' ? mask : file(mask, reader.texts) }),
    };
  },
  box: (reader) => ({ kind: 'box', rank: whole(took(reader, NAME)![0], reader.text) }),
  value(reader) {
    const [, value, index] = /^([\s\S]+?)((?:,\d+)*)$/.exec(took(reader, NAME)![0]) ?? bad('value: names no value: write value:NAME,3');
    return { kind: 'value', value: value!, index: index!.split(',').slice(1).map(Number) };
  },
  output(reader) {
    const output = took(reader, /[^,]*/y)![0] || bad('output: names no output: write output:NAME,7');
    return withOutput(took(reader, /,/y) === undefined ? { kind: 'index', index: [] } : difference(reader), output, reader.text);
  },
  weights: (reader) => ({ kind: 'weights', weights: file(took(reader, NAME)![0], reader.texts) }),
} satisfies { readonly [keyword: string]: (reader: Reader) => Target };

const labelName = (reader: Reader): string => name(reader) || bad(`${reader.text} names no label: write label:NAME, or tag:LABEL`);
/** A label without a name goes by its number. */
const numbered = (label: string, { labels = [] }: TargetTexts): string | number =>
  /^\d+$/.test(label) && !labels.includes(label) ? Number(label) : label;

const whole = (text: string, target: string): number =>
  /^\d+$/.test(text) ? Number(text) : bad(`'${target}': '${text}' is not a whole number`);
const file = (named: string, { tensor }: TargetTexts): Tensor =>
  tensor === undefined ? bad(`a file (${named}) cannot be read here: give the weights themselves`) : tensor(named);

/** A target of a named output; parts that name one themselves keep theirs. */
function withOutput(target: Target, output: string, text: string): Target {
  switch (target.kind) {
    case 'difference':
      return { kind: 'difference', of: withOutput(target.of, output, text), minus: withOutput(target.minus, output, text) };
    case 'index':
    case 'top':
    case 'token':
    case 'class':
    case 'weights':
      return { output, ...target };
    default:
      return bad(`${text}: only an index, top, label, token, class or weights can follow an output's name`);
  }
}

function labelIndex(label: string, labels: readonly string[] | undefined): number {
  if (labels === undefined) return bad(`label:${label} needs class names: give them with --labels FILE`);
  const found = (fits: (name: string) => boolean): readonly number[] => labels.flatMap((known, i) => (fits(known) ? [i] : []));
  const [lower, spelled] = [label.toLowerCase(), found((known) => known === label)];
  const same = spelled.length > 0 ? spelled : found((known) => known.toLowerCase() === lower);
  if (same.length > 1) return bad(`${same.length} classes are called '${label}': write the index, ${same.join(' or ')}`);
  if (same.length === 1) return same[0]!;
  const near = found((known) => known.toLowerCase().includes(lower));
  if (near.length === 1) return near[0]!;
  return bad(
    near.length === 0
      ? `no class is called '${label}'${closeNames(label, labels)}`
      : `'${label}' may be ${near
          .slice(0, 5)
          .map((i) => labels[i])
          .join(', ')}${near.length > 5 ? ' …' : ''}: write the whole name`,
  );
}
