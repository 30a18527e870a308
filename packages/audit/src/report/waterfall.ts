import * as Plot from '@observablehq/plot';
import { AGAINST, FOR, markup, namesIn, type Width } from './chart.js';
import type { Html } from './html.js';
import { signed } from './text.js';

export interface Step {
  readonly name: string;
  readonly value: number;
  readonly title?: string | undefined;
}

export interface WaterfallShown {
  /** What the score is with nothing of the example, and with all of it. */
  readonly base: number;
  readonly score: number;
  /** What lies between, in order. */
  readonly steps: readonly Step[];
}

interface Drawn extends Step {
  readonly from: number;
  readonly to: number;
  readonly kind: 'end' | 'step' | 'missing';
}

/** What is not accounted for is drawn from this share of the whole change on. */
const MISSING = 0.005;

/** From the base to the score, one step below the other; what the steps miss of the score is a step of its own, in grey. */
export function drawnSteps({ base, score, steps }: WaterfallShown): readonly Drawn[] {
  let at = base;
  const drawn = steps.map((step): Drawn => {
    const from = at;
    at += step.value;
    return { ...step, from, to: at, kind: 'step' };
  });
  const missing = score - at;
  const ends = drawn.map(({ to }) => to);
  const reach = Math.max(base, score, ...ends) - Math.min(base, score, ...ends);
  return [
    { name: 'base', value: base, from: base, to: base, kind: 'end', title: `base: ${base.toPrecision(4)}, the score with nothing of it` },
    ...drawn,
    ...(Math.abs(missing) > MISSING * reach
      ? [{ name: 'not accounted for', value: missing, from: at, to: score, kind: 'missing' } as const]
      : []),
    { name: 'score', value: score, from: score, to: score, kind: 'end', title: `score: ${score.toPrecision(4)}` },
  ];
}

const colours = { end: 'currentColor', missing: 'var(--soft)' } as const;

/** How a score comes about, step by step. */
export function waterfall(shown: WaterfallShown, label: string, width: Width = 640): Html {
  const rows = drawnSteps(shown);
  const { margin, fitting } = namesIn(
    rows.map(({ name }) => name),
    width,
  );
  const of = ({ kind, value }: Drawn): string => (kind === 'step' ? (value < 0 ? AGAINST : FOR) : colours[kind]);
  const title = (d: Drawn): string => d.title ?? `${d.name}: ${signed(d.value)}, from ${d.from.toPrecision(4)} to ${d.to.toPrecision(4)}`;
  const text = (isLeft: boolean): Plot.Markish =>
    Plot.text(rows, {
      x: 'to',
      y: 'name',
      text: (d: Drawn) => (d.kind === 'end' ? d.value.toPrecision(4) : signed(d.value)),
      textAnchor: isLeft ? 'end' : 'start',
      dx: isLeft ? -6 : 6,
      filter: (d: Drawn) => (d.kind === 'end' ? !isLeft : d.value < 0 === isLeft),
    });
  return markup(
    {
      width,
      height: 26 * rows.length + 44,
      marginLeft: margin,
      marginRight: 56,
      insetLeft: 52,
      x: { label: null, grid: true, ticks: width / 110 },
      y: { label: null, domain: rows.map(({ name }) => name), tickSize: 0, tickFormat: fitting },
      marks: [
        Plot.ruleX(rows.slice(0, -1), {
          x: 'to',
          y1: 'name',
          y2: (_: Drawn, i: number) => rows[i + 1]!.name,
          stroke: 'currentColor',
          strokeOpacity: 0.45,
        }),
        Plot.barX(
          rows.filter(({ kind }) => kind !== 'end'),
          { x1: 'from', x2: 'to', y: 'name', fill: of, title },
        ),
        Plot.tickX(
          rows.filter(({ kind }) => kind === 'end'),
          { x: 'to', y: 'name', stroke: 'currentColor', strokeWidth: 3, title },
        ),
        text(true),
        text(false),
      ],
    },
    label,
  );
}
