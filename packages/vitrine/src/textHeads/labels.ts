import { closeNames } from '@vitrine/data';
import { bad } from './head.js';

/** Labels of tokens as a scheme writes them: B-LOC begins a place, I-LOC goes on with it, and so do the E and L that end, the S and U that stand alone. */
const PREFIX = /^([BIESLU])[-_ ](?=.)/;

/** What a label is of, whatever part of it: LOC for B-LOC and I-LOC. */
export const typeOf = (label: string): string => label.replace(PREFIX, '');
/** Whether a label begins something new. */
export const begins = (label: string): boolean => 'BSU'.includes(PREFIX.exec(label)?.[1] ?? '-');

/** Whether labels are more than numbers: LABEL_0 is none. */
export const isNamed = (labels: readonly string[] | undefined): labels is readonly string[] =>
  labels !== undefined && !labels.every((label) => /^(?:label|class)[ _]?\d+$/i.test(label));

/** The label of tokens that are nothing; of labels without names the first. */
export function outside(labels: readonly string[]): number | undefined {
  if (!isNamed(labels)) return 0;
  const at = labels.findIndex((label) => label.toUpperCase() === 'O');
  return at < 0 ? undefined : at;
}

/** Labels that a name means: the one that is called so, or all of its type. @throws ExplainError 'bad-target' */
export function labelsCalled(asked: string | number, labels: readonly string[]): readonly number[] {
  if (typeof asked === 'number')
    return asked < labels.length ? [asked] : bad(`there is no label ${asked}: the model has 0 to ${labels.length - 1}`);
  const called = (nameOf: (label: string) => string, fold: (name: string) => string): readonly number[] =>
    labels.flatMap((label, i) => (fold(nameOf(label)) === fold(asked) ? [i] : []));
  const [same, lower] = [(name: string): string => name, (name: string): string => name.toLowerCase()];
  const found = [called(same, same), called(typeOf, same), called(same, lower), called(typeOf, lower)].find((list) => list.length > 0);
  return found ?? bad(`no label is called '${asked}'${closeNames(asked, [...new Set([...labels, ...labels.map(typeOf)])])}`);
}
