import type { Explanation } from '@vitrine/explain';

/** Room for a method's name before it and an ending behind it, within the 255 bytes that file systems have. */
const LONGEST = 120;

/** A name that is a file name everywhere. */
const safe = (name: string): string =>
  name
    .replaceAll(/[^\w.-]+/g, '_')
    .slice(0, LONGEST)
    .replace(/^[_.]+|_+$/g, '') || 'value';

/** What the files of each attribution are called before their endings: no two alike, whatever the values are called. */
export function stemsOf({ method, attributions }: Pick<Explanation, 'method' | 'attributions'>): readonly string[] {
  if (attributions.length === 1) return [method];
  const taken = new Set<string>();
  return attributions.map(({ at, part }) => {
    const wanted = [method, safe(at), ...(part === undefined ? [] : [safe(part)])].join('.');
    let stem = wanted;
    // Some file systems do not tell capitals apart.
    for (let n = 2; taken.has(stem.toLowerCase()); n++) stem = `${wanted}.${n}`;
    taken.add(stem.toLowerCase());
    return stem;
  });
}

/** The file that each attribution is saved in. */
export const arraysOf = (explanation: Explanation): readonly string[] => stemsOf(explanation).map((stem) => `${stem}.npy`);
