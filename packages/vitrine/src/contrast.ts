import type { Contrast, Explanation, Kept } from '@vitrine/explain';
import { csv } from './layers.js';
import type { Change, ContrastedRow } from './table/contrasted.js';

/** Another example, or what is left of one, in words. */
export interface ToldContrast {
  /** What the model says of it, and how far it is away: sentences. */
  readonly findings: readonly string[];
  /** What is different, where the example is a row. */
  readonly changes: readonly Change[];
}

const rounded = (x: number): string => String(Number(x.toPrecision(4)));
const counted = (n: number): string => n.toLocaleString('en');

/** What was found by a method that looks for another example; undefined where it does not. `row` is what of it is a row of the table. */
export function toldContrast(
  { contrast, target }: Pick<Explanation, 'contrast' | 'target'>,
  row: ContrastedRow | undefined,
): ToldContrast | undefined {
  if (contrast === undefined) return undefined;
  const what = target.label ?? 'the score';
  const findings = [outcomeOf(contrast, what), ...(row === undefined ? [distanceOf(contrast)] : rowFindings(contrast, row))];
  return { findings, changes: row?.changes ?? [] };
}

/** What is said of the point. */
function outcomeOf(contrast: Contrast, what: string): string {
  const { kind, reached, before, after } = contrast;
  const where = kind === 'positive' ? 'With nothing but this left' : reached ? 'With this changed' : 'Even with this changed';
  const isAnother = (kind === 'negative') === reached;
  return `${where}, ${decisionOf(contrast, what, isAnother)} (${what} ${rounded(before.score)}, there ${rounded(after.score)}).`;
}

function decisionOf({ decision, after }: Contrast, what: string, isAnother: boolean): string {
  const stays: { readonly [kind in Kept['kind']]: () => string } = {
    class: () =>
      isAnother ? `the model says ${after.label ?? `class ${after.class}`} rather than ${what}` : `the model still says ${what}`,
    side: () =>
      decision.kind === 'side'
        ? `${what} ${isAnother ? 'is' : 'stays'} ${decision.above === isAnother ? 'at most' : 'above'} ${rounded(decision.cut)}`
        : '',
    score: () => `${what} ${isAnother ? 'is another' : 'stays'}`,
  };
  return stays[decision.kind]();
}

/** How many numbers, and how far. */
function distanceOf({ kind, moved, of, l1, l2 }: Contrast): string {
  if (moved === 0) return kind === 'positive' ? 'Nothing need be left of it.' : 'Nothing moved.';
  const how = kind === 'negative' ? 'numbers move' : 'numbers are left, in part';
  return `${counted(moved)} of ${counted(of)} ${how}: Σ|δ| ${rounded(l1)}, √Σδ² ${rounded(l2)}, where 1 is all that a number may be.`;
}

function rowFindings({ kind, moved, reached }: Contrast, { changes, holds, score }: ContrastedRow): readonly string[] {
  if (moved === 0) return [kind === 'positive' ? 'None of its features need be left.' : 'Nothing moved.'];
  const list = changes.map(({ label, from, to }) => (from === to ? `${label} ${to}` : `${label} ${to} instead of ${from}`)).join('; ');
  if (kind === 'positive') return [`What is left: ${list}. All else is at the baseline, which may be no value of it.`];
  if (holds === undefined) return [`What is different: ${list}. The model encodes these columns itself, so that it is not told as a row.`];
  const told = `As a row of the table, in whole numbers where there are no others, it scores ${rounded(score!)}`;
  return [
    `What is different: ${list}.`,
    `${told}: ${reached ? (holds ? 'this holds' : 'this does not hold, as the decision turns between two rows') : 'the decision stays'}.`,
  ];
}

/** A row for each feature that is different. */
export const contrastCsv = ({ changes }: ToldContrast): Uint8Array =>
  csv([['feature', 'from', 'to'], ...changes.map(({ label, from, to }) => [label, from, to])]);
