import { BINS, evenBins, fullBins, gapsOf } from '../calibration.js';
import { allRows, type ClassificationMetric } from '../metric.js';

const common = {
  task: 'classification',
  needs: 'probabilities',
  better: 'lower',
  undefinedWhere: 'there are no rows',
  support: allRows,
  interval: 'bootstrap',
} as const;

export const ece: ClassificationMetric = {
  ...common,
  name: 'ece',
  title: 'Expected calibration error',
  meaning: `how far the probability of the predicted class is from how often it is right: the mean over ${BINS} bins of equal width`,
  source: 'Guo et al. 2017, eq. 3',
  per: 'model',
  of: (sample) => gapsOf(sample, evenBins).mean,
};

export const adaptiveEce: ClassificationMetric = {
  ...common,
  name: 'adaptive-ece',
  title: 'Adaptive calibration error',
  meaning: `as the expected calibration error, over ${BINS} bins of as many rows each`,
  source: 'Nguyen & O’Connor 2015',
  per: 'model',
  of: (sample) => gapsOf(sample, fullBins).mean,
};

export const mce: ClassificationMetric = {
  ...common,
  name: 'mce',
  title: 'Maximum calibration error',
  meaning: `the largest gap of the ${BINS} bins of the expected calibration error, however few rows it holds`,
  source: 'Guo et al. 2017, eq. 5',
  per: 'model',
  of: (sample) => gapsOf(sample, evenBins).most,
};

export const classwiseEce: ClassificationMetric = {
  ...common,
  name: 'classwise-ece',
  title: 'Classwise calibration error',
  meaning: `how far the probability of the class is from how often rows are of it: the mean over ${BINS} bins of equal width`,
  source: 'Kull et al. 2019',
  per: 'class',
  of: (sample, k) => gapsOf(sample, evenBins, k).mean,
};
