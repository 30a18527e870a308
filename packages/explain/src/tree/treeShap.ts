import { sizeOf, valuesByName, type Tensor } from '@vitrine/ir';
import { fromTensors } from '../baseline.js';
import type { Attribution } from '../explanation.js';
import { explainer, type Explainer, type Found } from '../explainer.js';
import { choice, tensor, type OptionsOf, type Tensors } from '../field.js';
import type { Inquiry, Point } from '../inquiry.js';
import { asked, type Asked } from './asked.js';
import { forestOf, type Forest } from './forest.js';
import type { Ensemble, Listing } from './listing.js';
import type { Origin } from './origins.js';
import { columnsOf, pairsOf } from './parts.js';
import { refused } from './scorer.js';
import { playersIn } from './players.js';
import { treeOperators } from './treesIn.js';
import { perturbations, treeValues, type Trees } from './values.js';

/** Rows that are compared with. */
export const backgroundOption = tensor(
  'rows to compare with [K,…], some of the training data: FILE.npy, or FILE.npz with an array for each input',
);

const options = {
  perturbation: choice(
    ['auto', ...perturbations],
    'auto',
    'what becomes of absent features: path-dependent lets examples go both ways, by how many training examples did; interventional takes their values from background rows; auto is interventional where there are some',
  ),
  background: backgroundOption,
};

const SOURCE = 'Lundberg et al. 2020, Nature Machine Intelligence 2, arXiv:1905.04610';

export const treeShap = explainer({
  name: 'tree-shap',
  title: 'TreeSHAP',
  paper: SOURCE,
  meaning: "this column's part in the difference between the trees' sum here and its mean, as the Shapley value has it",
  family: 'trees',
  signed: true,
  layer: 'none',
  forwardOnly: true,
  operators: Object.keys(treeOperators),
  options,
  explain: (q, given) => explained(q, given, false),
  atPoints: atPoints(false),
});

export const treeShapInteractions = explainer({
  name: 'tree-shap-interactions',
  title: 'TreeSHAP interaction values',
  paper: SOURCE,
  meaning: 'half of what two columns count together and not alone; on the diagonal what a column counts alone',
  family: 'trees',
  signed: true,
  layer: 'none',
  forwardOnly: true,
  operators: Object.keys(treeOperators),
  options,
  explain: (q, given) => explained(q, given, true),
  atPoints: atPoints(true),
});

async function explained(q: Inquiry, given: OptionsOf<typeof options>, interactions: boolean): Promise<Found> {
  const { question, found } = await prepared(q, given, interactions);
  return found([question.x], [question.score], true)[0]!;
}

/** A question that is asked, and what is found for rows of it. */
interface Prepared {
  readonly question: Asked<Ensemble>;
  /** Rows of the parts' columns, and the explained number at each. Columns have names where `named`: of many rows they would be most of the work. */
  readonly found: (rows: readonly Float64Array[], scores: readonly number[], named: boolean) => readonly Found[];
}

async function prepared(
  q: Inquiry,
  { perturbation: given, background }: OptionsOf<typeof options>,
  interactions: boolean,
): Promise<Prepared> {
  const question = await asked(q, treeOperators, 'ensemble of trees');
  const perturbation = given === 'auto' ? (background === undefined ? 'path-dependent' : 'interventional') : given;
  const { players, owners, warnings } = playersIn(question, q, perturbation === 'path-dependent');
  const fixed = owners.find(({ at }) => !q.x.has(at) && question.graph.inputs.some(({ name }) => name === at));
  if (fixed !== undefined && background !== undefined)
    refused(
      `the background does not tell ${fixed.at}, so that examples cannot be counted on it: use perturbation=interventional, where it stays as it is`,
    );
  const trees: Trees = { forests: forestsOf(question), base: question.base, players, count: owners.length };
  const others = background && (await question.rowsOf(pointsIn(q, background)));
  const all = [...warnings, ...question.warnings];
  return {
    question,
    found(rows, scores, named) {
      const { values, expected } = treeValues(trees, rows, { perturbation, background: others, interactions });
      const width = values.length / rows.length;
      return scores.map((score, i): Found => {
        const own = values.subarray(i * width, (i + 1) * width);
        return {
          ...(interactions
            ? { attributions: [matrix(owners, question.parts[0]!.input.name, own)], parts: pairsOf(owners, own) }
            : { attributions: spread(q, question, owners, own), ...(named && { parts: columnsOf(owners, own) }) }),
          expected: score - expected,
          score,
          warnings: all,
        };
      });
    },
  };
}

/** The trees at many points, for a target that is the same for all. Scores are the explained numbers where no link stands before them. */
function atPoints(interactions: boolean): NonNullable<Explainer<typeof options>['atPoints']> {
  return async (q, given) => {
    const { question, found } = await prepared(q, given, interactions);
    const linked = question.parts.some(({ scorer }) => scorer.link !== 'NONE');
    return async (points, scores) => {
      const rows = await question.rowsOf(points);
      return found(rows, linked ? rows.map((row) => sumOf(question, row)) : scores, false);
    };
  };
}

/** The explained number by the parts' own sums. */
const sumOf = ({ parts, base }: Asked<Ensemble>, row: Float64Array): number =>
  parts.reduce((total, { scorer, start, weights }) => {
    const sums = scorer.sumsAt(row.subarray(start));
    return [...weights].reduce((sum, [column, weight]) => sum + weight * sums[column]!, total);
  }, base);

/** Background rows as points of the attributed values. @throws ExplainError 'bad-option' */
export const pointsIn = (q: Pick<Inquiry, 'x'>, background: Tensors): readonly Point[] =>
  fromTensors(background, new Map([...q.x].map(([name, { dims }]) => [name, dims])), 'background');

const laidOut = new WeakMap<Listing, Map<string, Forest>>();

/** The trees of each part; those of the same sums are laid out once. */
function forestsOf({ parts }: Asked<Ensemble>): readonly Forest[] {
  return parts.map(({ scorer: { listing }, weights, start }) => {
    const known = laidOut.get(listing) ?? new Map<string, Forest>();
    laidOut.set(listing, known);
    const key = JSON.stringify([start, ...weights]);
    const forest = known.get(key) ?? forestOf(listing, weights, start);
    known.set(key, forest);
    return forest;
  });
}

/** Values where their columns are. */
export function spread(
  q: Inquiry,
  { graph }: Pick<Asked<Ensemble>, 'graph'>,
  owners: readonly Origin[],
  values: Float64Array,
): readonly Attribution[] {
  const names = valuesByName(graph);
  return [...new Set(owners.map(({ at }) => at))].map((at) => {
    const { shape, dtype } = names.get(at)!.type;
    const dims = q.x.get(at)?.dims ?? (shape as readonly number[]);
    const data = new (dtype === 'float64' ? Float64Array : Float32Array)(sizeOf(dims));
    owners.forEach((owner, i) => owner.at === at && (data[owner.column] = values[i]!));
    return { at, tensor: { dtype: dtype === 'float64' ? 'float64' : 'float32', dims, data } as Tensor };
  });
}

/** [1, players, players], at the input whose columns they are; at the models' own where they are of several. */
function matrix(owners: readonly Origin[], own: string, pairs: Float64Array): Attribution {
  const [at, ...others] = new Set(owners.map((owner) => owner.at));
  const dims = [1, owners.length, owners.length];
  return { at: others.length === 0 ? at! : own, tensor: { dtype: 'float32', dims, data: Float32Array.from(pairs) } };
}
