import { meanLoss } from './meanLoss.js';

export const logLoss = meanLoss(
  {
    name: 'log-loss',
    title: 'Log loss',
    meaning: 'the mean of −ln p, p the probability given to the true class, at least 2.2e-16',
    source: 'Good 1952',
  },
  ({ classes, truth, scores }, i) => {
    const p = scores![i * classes.length + truth[i]!]!;
    // What a probability that is not quite 0 is told apart by.
    return -Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, p)));
  },
);
