import { int, text } from '@vitrine/explain';

/** The method that permutes features of a whole table; it explains no single row. */
export const PERMUTATION_IMPORTANCE = 'permutation-importance';

export const importanceOptions = {
  metric: text(
    '',
    'what predictions are judged by where the table says what is true: log-loss (of classes) and mse (of numbers) unless given, accuracy, auc, mae, r2 and others of vitrine analyze',
  ),
  repeats: int(5, 'permutations of each feature', { min: 1, max: 1000 }),
  positive: text('', 'of two classes, the one whose score the model gives; the last by name unless given'),
};

/** As lists of methods have it. */
export const permutationImportanceMethod = {
  name: PERMUTATION_IMPORTANCE,
  title: 'Permutation importance (vitrine summarize)',
  paper: 'Breiman 2001, Machine Learning 45; Fisher, Rudin and Dominici 2019, arXiv:1801.01489',
  meaning: 'how much worse the model predicts over a whole table when the values of a feature are permuted among rows',
  family: 'data set',
  options: importanceOptions,
};
