import { DataError } from '../../error.js';
import { prepended, rewritten, sliced, type Aligned, type Written } from './aligned.js';
import { field, listed, unsupported, type Part } from './part.js';
import { matches, patternOf, type Stretch } from './pattern.js';

/** How text is split before a model sees it, by the names that tokenizer.json gives it. */
export type PreTokenizer = (x: Aligned) => readonly Aligned[];

const rows: { readonly [type: string]: (part: Part) => PreTokenizer } = {
  Sequence: (part) => {
    const steps = listed(part, 'pretokenizers').map(preTokenizerOf);
    return (x) => steps.reduce<readonly Aligned[]>((pieces, step) => pieces.flatMap((piece) => step(piece)), [x]);
  },
  BertPreTokenizer: () => (x) => split(x, SPACE, 'Removed').flatMap((piece) => split(piece, PUNCTUATION, 'Isolated')),
  Whitespace: () => (x) => split(x, WORD_OR_SIGNS, 'Removed', true),
  WhitespaceSplit: () => (x) => split(x, SPACE, 'Removed'),
  Punctuation: (part) => {
    const behavior = behaviorOf(part);
    return (x) => split(x, PUNCTUATION, behavior);
  },
  Digits: (part) => {
    const behavior = field(part, 'individual_digits', false) ? 'Isolated' : 'Contiguous';
    return (x) => split(x, DIGIT, behavior);
  },
  CharDelimiterSplit: (part) => {
    const delimiter = patternOf({ type: part.type, pattern: { String: field(part, 'delimiter', ' ') } });
    return (x) => split(x, delimiter, 'Removed');
  },
  Split: (part) => {
    const [pattern, behavior, invert] = [patternOf(part), behaviorOf(part), field(part, 'invert', false)];
    return (x) => split(x, pattern, behavior, invert);
  },
  Metaspace: (part) => {
    const mark = field(part, 'replacement', '▁');
    const scheme = field(part, 'prepend_scheme', field(part, 'add_prefix_space', true) ? 'always' : 'never');
    const splits = field(part, 'split', true);
    const marks = patternOf({ type: part.type, pattern: { String: mark } });
    return (given) => {
      const x = rewritten(
        given,
        Array.from(given.text, (c): Written => [c === ' ' ? mark : c, 1]),
      );
      const isPrepended = (scheme === 'always' || (scheme === 'first' && x.start[0] === 0)) && !x.text.startsWith(mark);
      const whole = isPrepended ? prepended(x, mark) : x;
      return splits ? split(whole, marks, 'MergedWithNext') : [whole];
    };
  },
  ByteLevel: (part) => {
    const [spaces, splits] = [field(part, 'add_prefix_space', true), field(part, 'use_regex', true)];
    return (given) => {
      const x = spaces && !given.text.startsWith(' ') ? prepended(given, ' ') : given;
      return (splits ? split(x, GPT2, 'Isolated') : [x]).map(inBytes);
    };
  },
};

/** @throws DataError 'unsupported' for one that is not known */
export function preTokenizerOf(part: Part | null | undefined): PreTokenizer {
  if (part === null || part === undefined) return (x) => [x];
  return (rows[part.type] ?? unsupported('pre-tokenizer', part.type))(part);
}

const SPACE = /\p{White_Space}/gu;
const DIGIT = /\p{N}/gu;
/** Punctuation of Unicode, and all signs of ASCII. */
const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;
const WORD_OR_SIGNS =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;
/** Radford et al. 2019. */
const GPT2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** What becomes of the stretches that a pattern finds. */
const behaviors = {
  Removed: (found) => found.filter(({ isMatch }) => !isMatch),
  Isolated: (found) => found,
  Contiguous: (found) => {
    const all: Stretch[] = [];
    for (const next of found) {
      const last = all.at(-1);
      if (last?.isMatch === next.isMatch) all[all.length - 1] = { ...last, to: next.to };
      else all.push(next);
    }
    return all;
  },
  MergedWithPrevious: (found) => merged(found),
  MergedWithNext: (found) => merged(found.toReversed()).toReversed(),
} satisfies { readonly [behavior: string]: (found: readonly Stretch[]) => readonly Stretch[] };

type Behavior = keyof typeof behaviors;

function behaviorOf(part: Part): Behavior {
  const name = field(part, 'behavior', 'Isolated');
  if (Object.hasOwn(behaviors, name)) return name as Behavior;
  throw new DataError('malformed', `${part.type}: behavior is ${name}`);
}

/** A match goes with the stretch before it, unless that is a match too. */
function merged(found: readonly Stretch[]): readonly Stretch[] {
  const all: Stretch[] = [];
  let isBehindMatch = false;
  for (const next of found) {
    const last = all.at(-1);
    if (next.isMatch && !isBehindMatch && last !== undefined)
      all[all.length - 1] = { ...last, from: Math.min(last.from, next.from), to: Math.max(last.to, next.to) };
    else all.push(next);
    isBehindMatch = next.isMatch;
  }
  return all;
}

function split(x: Aligned, pattern: RegExp, behavior: Behavior, invert = false): readonly Aligned[] {
  const found = matches(x.text, pattern).map((one) => (invert ? { ...one, isMatch: !one.isMatch } : one));
  return behaviors[behavior](found)
    .filter(({ from, to }) => to > from)
    .map(({ from, to }) => sliced(x, from, to));
}

/** Bytes as characters that are printed: those that are none take others from U+0100 on. */
const BYTES: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode((byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad) ? byte : next++),
  );
})();

const encoder = new TextEncoder();

/** Characters as their bytes, which share its place. */
const inBytes = (x: Aligned): Aligned =>
  rewritten(
    x,
    Array.from(x.text).flatMap((c) => Array.from(encoder.encode(c), (byte, i): Written => [BYTES[byte]!, i === 0 ? 1 : 0])),
  );
