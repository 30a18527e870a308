const SHOWN = 40;

/** The beginning of a text, for a line. */
export function shortened(text: string, shown = SHOWN): string {
  const letters = [...text.trim()];
  return letters.length > shown ? `${letters.slice(0, shown).join('')}…` : letters.join('');
}
