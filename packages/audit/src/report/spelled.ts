/** Tokens longer than this are cut where they stand as labels. */
const LONGEST = 32;

/** Characters that show nothing, or turn the writing around them; those that join letters and emoji stay. */
const UNSEEN = /[\p{Cc}\u00AD\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/gu;

/** A token as a label: spaces as ·, new lines as ⏎, and what cannot be seen by its number. */
export function spelled(token: string): string {
  if (token === '') return '∅';
  const letters = [...token];
  const cut = letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('')}…` : token;
  return cut
    .replaceAll(/\r?\n|[\u2028\u2029]/g, '⏎')
    .replaceAll('\t', '⇥')
    .replaceAll(/\p{Zs}/gu, '·')
    .replaceAll(UNSEEN, (c) => `U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`)
    .replace(/^\p{M}/u, '◌$&');
}
