import type { Graph, Node, Value } from '@vitrine/ir';
import { between } from '../prepare.js';
import { RuleError } from '../error.js';
import type { AnyRule, RuleContext, RuleSet } from '../rule.js';
import { kindByOperator, kindOf, type Kind } from './kind.js';
import { neverNegative } from './sign.js';
import { lrpRules, type RuleName, type RuleOptions } from './rules.js';

/** One row of a composite: the first whose conditions all hold decides. */
export interface CompositeRow extends RuleOptions {
  readonly rule: RuleName;
  /** Kinds of operator: convolution, dense, sum, average, activation … */
  readonly kind?: Kind | readonly Kind[];
  /** Operators by name: Conv, Gemm … */
  readonly op?: string | readonly string[];
  /** Node names, with * for any text. */
  readonly name?: string;
  /** Only the layers with weights that come first or last on each way from input to output. */
  readonly position?: 'first' | 'last';
}

/** Which rule goes where. */
export interface Composite {
  readonly rows: readonly CompositeRow[];
}

/** What holds for every network: activations pass, sums share, routing routes. */
const common: readonly CompositeRow[] = [
  { kind: ['activation', 'softmax', 'scale', 'normalization'], rule: 'pass' },
  { kind: ['sum', 'average'], rule: 'norm' },
  { kind: 'product', rule: 'signal' },
  { kind: 'routing', rule: 'gradient' },
];

const layers = ['convolution', 'dense'] as const;

/** Composites by the names the literature gives them. Montavon et al. 2019; Kohlbrenner et al. 2020; Anders et al. 2021. */
export const composites = {
  epsilon: { rows: [{ kind: layers, rule: 'epsilon' }, ...common] },
  gamma: { rows: [{ kind: layers, rule: 'gamma' }, ...common] },
  'z-plus': { rows: [{ kind: layers, rule: 'z-plus' }, ...common] },
  'alpha2-beta1': { rows: [{ kind: layers, rule: 'alpha-beta' }, ...common] },
  'w-square': { rows: [{ kind: layers, rule: 'w-square' }, ...common] },
  'epsilon-plus': { rows: [{ kind: 'convolution', rule: 'z-plus' }, { kind: 'dense', rule: 'epsilon' }, ...common] },
  'epsilon-plus-flat': {
    rows: [
      { kind: layers, position: 'first', rule: 'flat' },
      { kind: 'convolution', rule: 'z-plus' },
      { kind: 'dense', rule: 'epsilon' },
      ...common,
    ],
  },
  'epsilon-alpha2-beta1': { rows: [{ kind: 'convolution', rule: 'alpha-beta' }, { kind: 'dense', rule: 'epsilon' }, ...common] },
  'epsilon-alpha2-beta1-flat': {
    rows: [
      { kind: layers, position: 'first', rule: 'flat' },
      { kind: 'convolution', rule: 'alpha-beta' },
      { kind: 'dense', rule: 'epsilon' },
      ...common,
    ],
  },
  'epsilon-gamma-box': {
    rows: [
      { kind: 'convolution', position: 'first', rule: 'z-box' },
      { kind: 'convolution', rule: 'gamma' },
      { kind: 'dense', rule: 'epsilon' },
      ...common,
    ],
  },
} as const satisfies { readonly [name: string]: Composite };

/** Numbers for all rows of a composite, unless a row has its own. */
export type CompositeOptions = RuleOptions;

/** The rules of a composite on a graph; where nodes stand is told by the ways between `from` and `to`. @throws RuleError 'bad-rule' */
export function compositeRules(
  { rows }: Composite,
  options: CompositeOptions = {},
  where?: { readonly graph: Graph; readonly from: readonly Value[]; readonly to: readonly Value[] },
): RuleSet {
  const positive = where && neverNegative(where.graph);
  const told = positive && { nonNegative: (v: Value) => positive.has(v) };
  const made = rows.map((row, i) => ({ row, rule: ruleOf(row, i, { ...options, ...told }) }));
  const standing = where === undefined ? undefined : positionsIn(where.graph, where.from, where.to);
  return (node) => {
    if (kindByOperator(node) === undefined && !rows.some(({ op }) => op !== undefined && among(op, node.opType))) return undefined;
    return (c) => {
      const kind = kindOf(c as RuleContext);
      const found = made.find(({ row }) => fits(row, node, kind, standing));
      if (found !== undefined) {
        if (kind === undefined || isMeant(found.row.rule, kind)) return found.rule(c);
        throw new RuleError(
          'bad-rule',
          `the rule ${found.row.rule} means nothing for ${node.opType} (at ${node.name}), ${kindText(kind)}: it is for ${MEANT[found.row.rule].join(', ')}`,
        );
      }
      throw new RuleError(
        'missing-rule',
        `no relevance rule for ${node.opType} (at ${node.name})${kind === 'product' ? ', a product of two values that both depend on the input' : ''}: add a row for it to the composite, or explain from a value behind this node`,
      );
    };
  };
}

/** Kinds of operator that a rule has a meaning for. Others would have relevance copied, lost or shared out at will. */
const LAYERS = ['convolution', 'dense'] as const;
const MEANT: { readonly [rule in RuleName]: readonly Kind[] } = {
  zero: LAYERS,
  epsilon: LAYERS,
  gamma: LAYERS,
  'alpha-beta': LAYERS,
  'z-plus': LAYERS,
  'w-square': LAYERS,
  flat: LAYERS,
  'z-box': LAYERS,
  norm: ['sum', 'average'],
  uniform: ['product'],
  signal: ['product'],
  pass: ['activation', 'softmax', 'scale', 'normalization', 'batch normalization'],
  gradient: ['routing', 'sum', 'average', 'activation', 'scale', 'batch normalization'],
};
const isMeant = (rule: RuleName, kind: Kind): boolean => MEANT[rule].includes(kind);
const kindText = (kind: Kind): string => (kind === 'routing' ? 'which moves values' : `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`);

/** A row's rule. @throws RuleError 'bad-rule' naming the row */
function ruleOf(row: CompositeRow, i: number, options: RuleOptions): AnyRule {
  try {
    return lrpRules[row.rule]({ ...options, ...row }) as AnyRule;
  } catch (error) {
    if (error instanceof RuleError) throw new RuleError(error.code, `row ${i}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** The row that each node between two ends of a graph gets, by its kind. */
export function rowsGiven(
  { rows }: Composite,
  where: { readonly graph: Graph; readonly from: readonly Value[]; readonly to: readonly Value[] },
): ReadonlyMap<Node, CompositeRow> {
  const { graph, from, to } = where;
  const path = between(graph, from, to);
  const standing = positionsIn(graph, from, to);
  return new Map(
    graph.nodes.flatMap((node) => {
      const row = path.has(node) ? rows.find((r) => fits(r, node, kindByOperator(node), standing)) : undefined;
      return row === undefined ? [] : [[node, row] as const];
    }),
  );
}

/** The rule that an operator gets wherever it stands, by name; undefined where a composite has none. */
export const ruleNamesIn =
  ({ rows }: Composite) =>
  (node: Pick<Node, 'opType' | 'name'>): RuleName | undefined => {
    const kind = kindByOperator(node);
    return rows.find((row) => row.position === undefined && fits(row, node, kind, undefined))?.rule;
  };

const among = (asked: string | readonly string[], name: string): boolean =>
  typeof asked === 'string' ? asked === name : asked.includes(name);

function fits(row: CompositeRow, node: Pick<Node, 'opType' | 'name'>, kind: Kind | undefined, standing: Positions | undefined): boolean {
  if (row.kind !== undefined && (kind === undefined || !among(row.kind, kind))) return false;
  if (row.op !== undefined && !among(row.op, node.opType)) return false;
  if (row.name !== undefined && !pattern(row.name).test(node.name)) return false;
  return row.position === undefined || (standing?.[row.position].has(node as Node) ?? false);
}

const pattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .split('*')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('.*')}$`,
  );

interface Positions {
  readonly first: ReadonlySet<Node>;
  readonly last: ReadonlySet<Node>;
}

/** Layers with weights that have none before them, and those that have none behind them. */
function positionsIn(graph: Graph, from: readonly Value[], to: readonly Value[]): Positions {
  const path = between(graph, from, to);
  const layersOnWay = graph.nodes.filter((node) => path.has(node) && ['convolution', 'dense'].includes(kindByOperator(node) ?? ''));
  const edge = (
    nodes: readonly Node[],
    before: (node: Node) => readonly (Value | undefined)[],
    after: (node: Node) => readonly (Value | undefined)[],
  ): ReadonlySet<Node> => {
    const behind = new Set<Value>();
    const found = new Set<Node>();
    const isLayer = new Set(layersOnWay);
    for (const node of nodes) {
      if (!path.has(node)) continue;
      const met = before(node).some((v) => v !== undefined && behind.has(v));
      if (isLayer.has(node) && !met) found.add(node);
      if (met || isLayer.has(node)) for (const v of after(node)) if (v !== undefined) behind.add(v);
    }
    return found;
  };
  return {
    first: edge(
      graph.nodes,
      ({ inputs }) => inputs,
      ({ outputs }) => outputs,
    ),
    last: edge(
      graph.nodes.toReversed(),
      ({ outputs }) => outputs,
      ({ inputs }) => inputs,
    ),
  };
}
