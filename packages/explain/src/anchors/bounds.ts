/** How far one coin is from another: the Kullback–Leibler divergence of Bernoulli distributions, in nats. */
export function divergence(p: number, q: number): number {
  const term = (a: number, b: number): number => (a === 0 ? 0 : b === 0 ? Infinity : a * Math.log(a / b));
  return term(p, q) + term(1 - p, 1 - q);
}

/** A share and how far it is known. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Each halves what is not known of a bound. */
const STEPS = 48;

/**
 * Between which shares the true one lies, where `kept` of `tried` were observed: those q with tried · kl(kept / tried, q) ≤ level. By Chernoff's bound either end is
 * wrong with a probability of at most e^−level. Kaufmann and Kalyanakrishnan 2013, section 4.1.
 */
export function interval(kept: number, tried: number, level: number): Interval {
  if (tried === 0) return { low: 0, high: 1 };
  const p = kept / tried;
  return { low: reached(p, 0, level / tried), high: reached(p, 1, level / tried) };
}

/** How far from p towards an end the divergence stays below a level. */
function reached(p: number, end: number, level: number): number {
  let [inside, outside] = [p, end];
  if (divergence(p, end) <= level) return end;
  for (let i = 0; i < STEPS; i++) {
    const middle = (inside + outside) / 2;
    if (divergence(p, middle) <= level) inside = middle;
    else outside = middle;
  }
  return outside;
}

/** Constants of the exploration rate: Kaufmann and Kalyanakrishnan 2013, theorem 2 and section 5. */
const [K1, ALPHA] = [405.5, 1.1];

/** β(t, δ): the level of bounds that hold for all of so many arms in all rounds. */
export function explorationRate(arms: number, round: number, delta: number): number {
  const rate = Math.log((K1 * arms * round ** ALPHA) / delta);
  return rate + Math.log(rate);
}
