import { text, type Partition } from '@vitrine/explain';
import { sizeOf } from '@vitrine/ir';
import type { Evidence } from '../evidence.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { remaining } from '../remaining.js';

const OWN = 'own';

/** Sundararajan, Taly and Yan 2017, proposition 1: Σ a = f(x) − f(baseline); how far from it, as a share of the right side. */
export const completeness = metric({
  name: 'completeness',
  title: 'Completeness',
  family: 'axiomatic',
  paper: 'Sundararajan, Taly and Yan 2017, arXiv:1703.01365',
  meaning: 'how far the attributions are from adding up to what the score has beyond the baseline, as a share of it',
  better: 'lower',
  undefinedWhere: 'the score is that of the baseline',
  options: {
    from: text(
      OWN,
      `the baseline, as baseline= of methods that take parts away names it; ${OWN} is what the method starts from, where it says`,
    ),
  },
  async measure(e, { from }) {
    const whole = everything(e);
    const asked = from === OWN ? (e.probe.options['baseline'] ?? 'auto') : Number.isFinite(Number(from)) ? Number(from) : from;
    const { baseline } = await e.probe.filled(removing('auto'), { baseline: asked });
    const score = await remaining(e, whole, e.probe.removal(baseline as string, 'removal'), 'score');
    const [all, none] = await score([Uint8Array.of(1), Uint8Array.of(0)], 2);
    const [said] = e.values(whole);
    return { value: all === none ? NaN : Math.abs(said! - (all! - none!)) / Math.abs(all! - none!) };
  },
});

/** All elements as one part. */
const everything = ({ x }: Evidence): Partition => ({
  of: 'everything',
  parts: [{ name: 'everything', runs: new Map([...x].map(([name, { dims }]) => [name, [[0, sizeOf(dims)] as const]])) }],
});
