/** Labels are cut beyond this many characters. */
const LONGEST = 32;

/** Characters that show nothing, or turn the writing around them; those that join letters and emoji stay. */
const UNSEEN = /[\p{Cc}\u00AD\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/gu;

/** A token as a label: spaces as ·, and the rest as in a name. */
export const spelled = (token: string): string => (token === '' ? '∅' : named(token).replaceAll(/\p{Zs}/gu, '·'));

/** A name as a label: new lines as ⏎, what cannot be seen by its number, and the end cut off where it is long. */
export function named(name: string): string {
  const letters = [...name];
  const cut = letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('')}…` : name;
  return cut
    .replaceAll(/\r?\n|[\u2028\u2029]/g, '⏎')
    .replaceAll('\t', '⇥')
    .replaceAll(UNSEEN, (c) => `U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`)
    .replace(/^\p{M}/u, '◌$&');
}
