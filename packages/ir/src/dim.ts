let symbols = 0;
/** A new symbol for an unknown extent; the writer leaves such symbols out, so files do not depend on the count. */
export const freshSymbol = (): string => `?${++symbols}`;
export const isFresh = (dim: number | string): boolean => typeof dim === 'string' && dim.startsWith('?');
