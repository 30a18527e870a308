import { prepended, rewritten, sliced, type Aligned, type Written } from './aligned.js';
import { field, listed, unsupported, type Part } from './part.js';
import { matches, patternOf } from './pattern.js';
import { charsmap } from './precompiled.js';
import { unicode } from './unicode.js';

/** What is done to text before it is split, by the names that tokenizer.json gives it. Ids and places are those of the `tokenizers` library. */
export type Normalizer = (x: Aligned) => Aligned;

const rows: { readonly [type: string]: (part: Part) => Normalizer } = {
  Sequence: (part) => {
    const steps = listed(part, 'normalizers').map(normalizerOf);
    return (x) => steps.reduce((y, step) => step(y), x);
  },
  NFC: () => (x) => unicode(x, 'NFC'),
  NFD: () => (x) => unicode(x, 'NFD'),
  NFKC: () => (x) => unicode(x, 'NFKC'),
  NFKD: () => (x) => unicode(x, 'NFKD'),
  Lowercase: () => lowercase,
  StripAccents: () => (x) => kept(x, (c) => !/\p{M}/u.test(c)),
  Strip: (part) => {
    const [left, right] = [field(part, 'strip_left', false), field(part, 'strip_right', false)];
    return (x) => {
      const from = left ? x.text.length - trimmedStart(x.text).length : 0;
      const to = right ? trimmedEnd(x.text).length : x.text.length;
      return sliced(x, from, Math.max(from, to));
    };
  },
  Replace: (part) => {
    const [pattern, content] = [patternOf(part), field(part, 'content', '')];
    return (x) => replaced(x, pattern, content);
  },
  Prepend: (part) => {
    const text = field(part, 'prepend', '');
    return (x) => prepended(x, text);
  },
  Nmt: () => (x) =>
    withSpaces(
      kept(x, (c) => !NMT_CONTROL.test(c)),
      NMT_SPACE,
    ),
  Precompiled: (part) => charsmap(field(part, 'precompiled_charsmap', '')),
  BertNormalizer: (part) => {
    const lowers = field(part, 'lowercase', true);
    const strips = (part['strip_accents'] as boolean | null | undefined) ?? lowers;
    const steps: readonly (Normalizer | false)[] = [
      field(part, 'clean_text', true) && cleaned,
      field(part, 'handle_chinese_chars', true) && spaced,
      strips && ((x) => kept(unicode(x, 'NFD'), (c) => !/\p{Mn}/u.test(c))),
      lowers && lowercase,
    ];
    return (x) => steps.reduce<Aligned>((y, step) => (step === false ? y : step(y)), x);
  },
};

/** @throws DataError 'unsupported' for one that is not known */
export function normalizerOf(part: Part | null | undefined): Normalizer {
  if (part === null || part === undefined) return (x) => x;
  return (rows[part.type] ?? unsupported('normalizer', part.type))(part);
}

/** Spaces in the place of others. */
const withSpaces = (x: Aligned, others: RegExp): Aligned =>
  rewritten(
    x,
    Array.from(x.text, (c): Written => [others.test(c) ? ' ' : c, 1]),
  );

/** Characters that are left out take no place. */
export function kept(x: Aligned, isKept: (c: string) => boolean): Aligned {
  const [start, end]: [number[], number[]] = [[], []];
  let [text, at] = ['', 0];
  for (const c of x.text) {
    if (isKept(c)) {
      text += c;
      for (let i = 0; i < c.length; i++) {
        start.push(x.start[at]!);
        end.push(x.end[at]!);
      }
    }
    at += c.length;
  }
  return { text, start, end };
}

/** One character at a time: no rule for the end of a word, as for a Greek sigma. */
const lowercase = (x: Aligned): Aligned =>
  rewritten(
    x,
    Array.from(x.text).flatMap((c) => Array.from(c.toLowerCase(), (lower, i): Written => [lower, i === 0 ? 1 : 0])),
  );

/** Control characters, formats and those without meaning; white space but for the three that count as space. */
const NO_TEXT = /[\0\uFFFD]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u;
const SPACE = /\p{White_Space}/u;

const cleaned = (x: Aligned): Aligned =>
  withSpaces(
    kept(x, (c) => !NO_TEXT.test(c)),
    SPACE,
  );

/** Ideographs of Chinese, which stand between spaces. */
const IDEOGRAPH =
  /[\u{4E00}-\u{9FFF}\u{3400}-\u{4DBF}\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{F900}-\u{FAFF}\u{2F800}-\u{2FA1F}]/u;

const spaced = (x: Aligned): Aligned =>
  rewritten(
    x,
    Array.from(x.text).flatMap((c): readonly Written[] =>
      IDEOGRAPH.test(c)
        ? [
            [' ', 1],
            [c, 0],
            [' ', 0],
          ]
        : [[c, 1]],
    ),
  );

const trimmedStart = (text: string): string => text.replace(/^\p{White_Space}+/u, '');
const trimmedEnd = (text: string): string => text.replace(/\p{White_Space}+$/u, '');

/** What stands for a match has the place of its last character. */
function replaced(x: Aligned, pattern: RegExp, content: string): Aligned {
  const [start, end]: [number[], number[]] = [[], []];
  let text = '';
  for (const { from, to, isMatch } of matches(x.text, pattern)) {
    if (!isMatch) {
      text += x.text.slice(from, to);
      for (let i = from; i < to; i++) {
        start.push(x.start[i]!);
        end.push(x.end[i]!);
      }
      continue;
    }
    text += content;
    for (let i = 0; i < content.length; i++) {
      start.push(x.start[to - 1] ?? 0);
      end.push(x.end[to - 1] ?? 0);
    }
  }
  return { text, start, end };
}

// Rules of SentencePiece's nmt.
// oxlint-disable-next-line no-control-regex
const NMT_CONTROL = /[\u0001-\u0008\u000B\u000E-\u001F\u007F\u008F\u009F]/;
const NMT_SPACE = /[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/;
