import { floats, text, type Point } from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';
import { producers } from '@vitrine/ir';
import { relativeDistance } from '../distance.js';
import { first, type Evidence } from '../evidence.js';
import { metric } from '../metric.js';
import { explained, nearby, nearOptions, ofOneClass } from '../near.js';

const LEAST = 1e-6;

/** The largest ratio of how explanations change, in proportion, and something else does, over points of the same class. */
async function largest(
  e: Evidence,
  near: { readonly samples: number; readonly radius: number },
  below: (points: readonly Point[]) => Promise<readonly number[]>,
): Promise<number> {
  const points = await ofOneClass(e, nearby(e, near));
  if (points.length === 0) return NaN;
  const divisors = await below(points);
  const found = await explained(e, points);
  return Math.max(...found.map(([, a], i) => relativeDistance(e.attribution, a) / Math.max(divisors[i]!, LEAST)));
}

const shared = {
  family: 'robustness',
  paper: 'Agarwal et al. 2022, arXiv:2203.06877',
  better: 'lower',
  undefinedWhere: 'no point near the example has its class',
} as const;

/** Agarwal et al. 2022, eq. 2. */
export const relativeInputStability = metric({
  ...shared,
  name: 'relative-input-stability',
  title: 'Relative input stability',
  meaning: 'the most that the explanation changes, in proportion, by what the input changes in proportion',
  options: nearOptions,
  measure: async (e, options) => ({
    value: await largest(e, options, async (points) => points.map((x) => relativeDistance(e.x, x))),
  }),
});

/** Agarwal et al. 2022, eq. 3. */
export const relativeRepresentationStability = metric({
  ...shared,
  name: 'relative-representation-stability',
  title: 'Relative representation stability',
  meaning: 'the most that the explanation changes, in proportion, by what an inner value changes in proportion',
  options: { ...nearOptions, value: text('', 'the inner value: what goes into the last layer with weights unless given') },
  async measure(e, { value, ...near }) {
    const name = value === '' ? lastInner(e) : value;
    const of = async (points: readonly Point[]): Promise<readonly Point[]> => {
      const found: Point[] = [];
      for await (const tensor of e.probe.inner(name, points, points.length)) found.push(new Map([[name, tensor]]));
      return found;
    };
    const [here] = await of([e.x]);
    return { value: await largest(e, near, async (points) => (await of(points)).map((there) => relativeDistance(here!, there))) };
  },
});

/** What the last node with weights takes. */
function lastInner({ probe }: Evidence): string {
  const graph = probe.q.graph();
  const made = producers(graph);
  const last = graph.nodes.findLast(
    ({ inputs }) =>
      inputs.some((v) => v !== undefined && graph.initializers.has(v) && (v.type.shape?.length ?? 0) >= 2) &&
      inputs.some((v) => v !== undefined && made.has(v)),
  );
  const inner = last?.inputs.find((v) => v !== undefined && made.has(v));
  return inner?.name ?? [...probe.q.x.keys()][0]!;
}

/** Agarwal et al. 2022, eq. 5: by what the output changes, not in proportion. */
export const relativeOutputStability = metric({
  ...shared,
  name: 'relative-output-stability',
  title: 'Relative output stability',
  meaning: 'the most that the explanation changes, in proportion, by what the output changes',
  options: nearOptions,
  async measure(e, options) {
    const here = floats(await first(e.probe.outputs([e.x], 1)));
    const apart = (there: Tensor): number => Math.hypot(...floats(there).map((v, k) => v - here[k]!));
    return {
      value: await largest(e, options, async (points) => {
        const found: number[] = [];
        for await (const output of e.probe.outputs(points, points.length)) found.push(apart(output));
        return found;
      }),
    };
  },
});
