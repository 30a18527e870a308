import type { Graph, Node, Value } from '@vitrine/ir';
import type { RuleSet } from '@vitrine/transform';
import { attentionIn } from '../attention/attentionIn.js';
import { channelAxis } from '../channels.js';
import { ATTRIBUTION, PART, attributionsAt, attributionsIn, collect, type Explainer } from '../explainer.js';
import { choice, type Fields, type OptionsOf } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import type { Frame, Program } from '../program.js';
import { readBooks, unbalanced, writeBooks } from './books.js';

const LAYER = 'layer/';

/** What every method of this family can be asked. */
export const relevanceOptions = {
  layers: choice(
    ['totals', 'heads', 'all', 'none'] as const,
    'totals',
    'what to tell of inner layers: sums, beside them the sum of each attention head, their relevance in full, or nothing',
  ),
};

/** Relevance that starts at the output and goes back by rules. */
export interface Propagation<F extends Fields> extends Pick<Explainer, 'name' | 'title' | 'paper' | 'meaning' | 'signed'> {
  readonly options: F;
  /** What it does at an operator, by name. */
  ruleAt?(options: OptionsOf<F>): (node: Pick<Node, 'opType' | 'name'>) => string | undefined;
  /** Whether it looks at elements of an output that the target does not name. */
  readsOthers?(options: OptionsOf<F>): boolean;
  /** The rules; without a frame, those that tell which operators are to be written out. @throws RuleError 'bad-rule' */
  readonly rules: (options: OptionsOf<F>, f?: Frame) => RuleSet;
  readonly canonize?: (options: OptionsOf<F>) => (graph: Graph) => Graph;
  /** Where relevance starts, one map per lane: each output's share of the score unless said otherwise. */
  readonly seeds?: (f: Frame, options: OptionsOf<F>) => readonly ReadonlyMap<Value, Value>[];
  /** Whether an example is one that the rules hold for. @throws ExplainError 'bad-option' */
  readonly check?: (q: Inquiry, options: OptionsOf<F>) => void;
  /** Names of the lanes, as `positive` and `negative`; the attribution is the first minus the others. */
  readonly lanes?: (options: OptionsOf<F>) => readonly string[];
}

/** Which inner values are told of, what of their relevance, and along which axis it has channels. */
interface Shown {
  has(value: Value): boolean;
  of(relevance: Value): Value;
  axis(value: Value): number | undefined;
}

const inners: { readonly [layers in (typeof relevanceOptions.layers.choices)[number]]: (f: Frame) => Shown | undefined } = {
  none: () => undefined,
  totals: () => undefined,
  all: (f) => ({ has: () => true, of: (relevance) => relevance, axis: (value) => channelAxis(f.graph, value) }),
  /** Weights [B,H,T,T], as one sum for each head: [B,H]. */
  heads(f) {
    const weights = new Set(attentionIn(f.graph).map(({ value }) => value));
    return {
      has: ({ name, type }) => weights.has(name) && type.shape?.length === 4,
      of: (relevance) => f.op.ReduceSum(relevance, f.b.ints([2, 3]), { keepdims: 0 }),
      axis: () => 1,
    };
  },
};

type All<F extends Fields> = F & typeof relevanceOptions;

/** A method of relevance: one run, whose result says for itself where the relevance went. */
export function relevance<F extends Fields>(row: Propagation<F>): Explainer<All<F>> {
  const { rules, canonize, seeds: seedsOf, lanes = () => ['relevance'], check, ...about } = row;
  const program = (options: OptionsOf<All<F>>, books: boolean): Program => {
    const own = options as unknown as OptionsOf<F>;
    const layers = (options as unknown as OptionsOf<typeof relevanceOptions>).layers;
    const rewrite = canonize?.(own);
    return {
      key: `${row.name}:${JSON.stringify(options)}:${books}`,
      rules: rules(own),
      ...(rewrite && { canonize: rewrite }),
      write(f) {
        const seeds = seedsOf?.(f, own) ?? [f.start()];
        const told = books && layers !== 'none';
        const pass = f.propagate(seeds, f.x, rules(own, f), { books: told });
        const zero = (v: Value): Value => f.op.Mul(v, f.b.scalar(0, v.type.dtype as 'float32'));
        const written = f.x.flatMap((v): readonly (readonly [string, Value])[] => {
          const signals = pass.signals.get(v) ?? seeds.map(() => zero(v));
          const [first, ...others] = signals;
          const total = others.reduce((a, c) => f.op.Sub(a, c), first!);
          const names = lanes(own);
          return [
            [ATTRIBUTION + v.name, total],
            ...(others.length === 0 ? [] : signals.map((s, i) => [`${ATTRIBUTION}${v.name}${PART}${names[i]}`, s] as const)),
          ];
        });
        const shown = told ? inners[layers](f) : undefined;
        const inner = [...pass.signals].flatMap(([v, signals]) =>
          f.x.includes(v) || !shown?.has(v)
            ? []
            : signals.map((s, i) => [`${LAYER}${v.name}${PART}${i}${PART}${shown.axis(v) ?? ''}`, shown.of(s)] as const),
        );
        return { ...Object.fromEntries([...written, ...inner]), ...(told && writeBooks(f, seeds, pass, f.x)) };
      },
    };
  };
  return {
    ...about,
    family: 'relevance',
    layer: 'none',
    options: { ...row.options, ...relevanceOptions },
    async explain(q, options) {
      const { layers } = options as unknown as OptionsOf<typeof relevanceOptions>;
      const names = lanes(options as unknown as OptionsOf<F>);
      check?.(q, options as unknown as OptionsOf<F>);
      const [results] = await collect(q.evaluate(program(options, true), [q.x], 1));
      const attributions = attributionsIn(results!);
      if (layers === 'none') return { attributions };
      const conservation = readBooks(results!, names);
      const inner = [...results!].flatMap(([name, tensor]) => {
        if (!name.startsWith(LAYER)) return [];
        const [at, lane, axis] = name.slice(LAYER.length).split(PART) as [string, string, string];
        return [{ at, tensor, ...(names.length > 1 && { part: names[Number(lane)]! }), ...(axis !== '' && { channelAxis: Number(axis) }) }];
      });
      return { attributions, conservation, warnings: unbalanced(conservation), ...(inner.length > 0 && { layers: inner }) };
    },
    each: (q, options, points, count) => attributionsAt(q, program(options, false), points, count),
    compile: (_, options) => program(options, false),
  };
}
