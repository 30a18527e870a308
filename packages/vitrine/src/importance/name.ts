/** The method that permutes features of a whole table; it explains no single row. */
export const PERMUTATION_IMPORTANCE = 'permutation-importance';
