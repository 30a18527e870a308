import { ExplainError } from '../error.js';
import { everyone, type Coalition } from './coalition.js';
import { moments } from './moments.js';
import { perturbing, removing, type Fitted, type Playing } from './perturbing.js';

/** What the score loses, on average, when a part has the values that other examples have there. Breiman 2001, section 10, for one example. */
export const permutation = perturbing({
  name: 'permutation',
  title: 'Local permutation',
  paper: 'Breiman 2001, Machine Learning 45(1); Fisher, Rudin and Dominici 2019, arXiv:1801.01489',
  meaning: 'what the score loses on average when it has the values of other examples',
  options: removing,
  play: permuted,
});

/** Examples are draws of those that might stand there: errors are of their mean. */
export async function permuted({
  partition,
  full,
  scoreApart,
  points,
}: Pick<Playing, 'partition' | 'full' | 'scoreApart' | 'points'>): Promise<Fitted> {
  const players = partition.parts.length;
  if (points < 2)
    throw new ExplainError(
      'bad-option',
      'permutation takes values of other examples, and there are none: give rows of a table with --background FILE, or baseline=FILE.npy [K,…]',
    );
  function* coalitions(): Iterable<Coalition> {
    for (let i = 0; i < players; i++) yield everyone(players).with(i, 0);
  }
  const scores = await scoreApart(coalitions(), players);
  const losses = moments(players);
  for (let k = 0; k < points; k++) losses.add(Float64Array.from({ length: players }, (_, i) => full - scores[i * points + k]!));
  return { values: losses.mean(), standardErrors: losses.standardErrors(), degrees: points - 1 };
}
