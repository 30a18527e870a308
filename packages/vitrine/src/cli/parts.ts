import { amount, placeText, plusMinus } from '@vitrine/audit';
import { explainerNamed, type Explanation } from '@vitrine/explain';
import type { Exam } from '../exam.js';
import { toldRows } from '../table/told.js';
import { table } from './terminal.js';
import type { Texting } from './texting.js';

const MOST = 20;
/** More parts than this are pixels: one alone says nothing. */
const FEW = 5000;

/** Parts of a text that are asked for by `--words` are taken away as such too, by methods that do so. */
export const takenAs = (isText: boolean, method: string, { words }: Texting): { readonly parts?: string } =>
  !isText || words === undefined || !Object.hasOwn(explainerNamed(method).options, 'parts') ? {} : { parts: words };

/** What was taken away, and the parts that count most with what they count; words of a text and features of a row are told by themselves. */
export function partLines(exam: Exam, explanation: Explanation): readonly string[] {
  const { method, parts, options } = explanation;
  if (parts === undefined) return [];
  const { of, values } = parts;
  const { signed: isSigned } = explainerNamed(method);
  const baseline = typeof options['baseline'] === 'object' ? 'what was given' : String(options['baseline']);
  const how = options['baseline'] === undefined ? `parts (${of})` : `parts taken away (${of}), ${baseline} in their place`;
  const worst = values.reduce((most, { standardError = 0 }) => Math.max(most, standardError), 0);
  const said = `  ${values.length} ${how}${worst > 0 ? `; largest standard error ${worst.toPrecision(2)}` : ''}`;
  const isTold = exam.text !== undefined || toldRows(exam, explanation).length > 0;
  if (values.length > FEW || (isTold && !parts.interactions)) return [said];
  const strongest = [...values.keys()].toSorted((a, b) => Math.abs(values[b]!.value) - Math.abs(values[a]!.value)).slice(0, MOST);
  // In their own order where all are told.
  const shown = strongest.length === values.length ? strongest.toSorted((a, b) => a - b) : strongest;
  const lines = table(
    shown.map((i) => {
      const { name, value, standardError, rank } = values[i]!;
      const own = standardError === undefined ? ['', ''] : [plusMinus(standardError), rank === undefined ? '' : placeText(rank)];
      return [amount(value, isSigned).padStart(8), ...(worst > 0 ? own : []), name];
    }),
    '    ',
  );
  const left = values.length - strongest.length;
  return [said, left > 0 ? `${lines}\n    ${left} more count less` : lines];
}
