import { meanLoss } from './meanLoss.js';

export const brier = meanLoss(
  {
    name: 'brier',
    title: 'Brier score',
    meaning:
      'the mean squared distance of the probabilities from 1 for the true class and 0 for the others; of two classes, of the one’s alone',
    source: 'Brier 1950',
  },
  ({ classes, truth, scores }, i) => {
    const width = classes.length;
    let sum = 0;
    for (let k = 0; k < width; k++) sum += (scores![i * width + k]! - (truth[i] === k ? 1 : 0)) ** 2;
    return width === 2 ? sum / 2 : sum;
  },
);
