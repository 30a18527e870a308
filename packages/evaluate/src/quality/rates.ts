import type { Explainer } from '@vitrine/explain';

/** Methods whose numbers are sizes of rates of change, though tokens are told by their sum. */
const SIZES: ReadonlySet<string> = new Set(['saliency']);

/** Whether a method tells rates of change, and not shares of the score. */
export const isRate = ({ name, rate }: Pick<Explainer, 'name' | 'rate'>): boolean => rate === true || SIZES.has(name);
