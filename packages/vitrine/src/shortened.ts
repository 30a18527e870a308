const SHOWN = 40;

/** The beginning of a text, for a line. */
export function shortened(text: string): string {
  const letters = [...text.trim()];
  return letters.length > SHOWN ? `${letters.slice(0, SHOWN).join('')}…` : letters.join('');
}
