import { joined, rewritten, sliced, type Aligned, type Written } from './aligned.js';

type Form = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

/** Marks, and the parts of Hangul syllables that join what stands before them. */
const JOINS = /[\p{M}\u1160-\u11FF\uFF9E\uFF9F]/u;
/** What no form changes. */
const PLAIN = /^[\0-\u009F]*$/;

/** A Unicode normalization form. What becomes several characters shares one place; several that become one have the place of the first. */
export function unicode(x: Aligned, form: Form): Aligned {
  if (PLAIN.test(x.text)) return x;
  return joined(groups(x).map((group) => formed(group, form)));
}

/** Stretches that no rule of normalization reaches beyond. */
function groups(x: Aligned): readonly Aligned[] {
  const cuts: number[] = [0];
  let at = 0;
  for (const c of x.text) {
    // A character may decompose into marks that reorder with those around it.
    if (at > 0 && !JOINS.test(c) && !JOINS.test(first(c.normalize('NFKD')))) cuts.push(at);
    at += c.length;
  }
  return cuts.map((from, i) => sliced(x, from, cuts[i + 1] ?? x.text.length));
}

const first = (text: string): string => String.fromCodePoint(text.codePointAt(0)!);

function formed(x: Aligned, form: Form): Aligned {
  const text = x.text.normalize(form);
  if (text === x.text) return x;
  const apart = form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD';
  // Of every original the first part stands for it, wherever that is put.
  const waiting = Array.from(x.text).flatMap((c) => Array.from(c.normalize(apart), (part, i) => ({ part, isFirst: i === 0 })));
  const taken = (part: string): boolean => {
    const at = waiting.findIndex((one) => one.part === part);
    return at >= 0 && waiting.splice(at, 1)[0]!.isFirst;
  };
  return rewritten(
    x,
    Array.from(text, (c): Written => [c, Array.from(c.normalize(apart)).reduce((count, part) => count + Number(taken(part)), 0)]),
  );
}
