import type { Value } from '@vitrine/ir';
import { backtraceRules, fuse } from '@vitrine/transform';
import { choice, number } from '../field.js';
import { relevance } from './relevance.js';
import { contrastStart, defaultStart, TASKS } from './start.js';

/** Sankarapu et al. 2024, with the corrections of docs/dl-backtrace.md. */
export const dlBacktrace = relevance({
  name: 'dl-backtrace',
  title: 'DL-Backtrace',
  paper: 'Sankarapu et al. 2024, arXiv:2411.12643',
  meaning:
    'how much of the score (times 100) this part carries by the size of its contributions; in contrast mode, what it carries for the answer less what it carries against it',
  signed: true,
  options: {
    mode: choice(
      ['default', 'contrast'] as const,
      'default',
      'one relevance, or one for the answer and one against it, which are kept apart',
    ),
    profile: choice(
      ['intended', 'reference'] as const,
      'intended',
      'rules for any network, or what the published code computes where it runs: limits of 0 ignored, saturated convolutions and ties losing relevance',
    ),
    task: choice(TASKS, 'auto', 'where relevance starts; auto is classification: at the target, with its value'),
    scaler: number(0, 'relevance to start with in place of the output’s own value; 0 keeps that', { min: 0 }),
    threshold: number(0.5, 'outputs above this are the object, in binary-segmentation'),
    multiplier: number(100, 'what the start is multiplied by; 1 makes shares of the score itself'),
  },
  canonize: () => fuse,
  readsOthers: ({ mode, task }) => mode === 'contrast' || (task !== 'auto' && task !== 'classification'),
  lanes: ({ mode }) => (mode === 'contrast' ? ['positive', 'negative'] : ['relevance']),
  seeds: (f, { mode, ...options }) => {
    const reads = [...f.start().keys()];
    const seeds = (mode === 'contrast' ? contrastStart : defaultStart)(f, reads, options);
    const scaled = (v: Value): Value => (options.multiplier === 1 ? v : f.op.Mul(v, options.multiplier));
    return seeds.map((map) => new Map([...map].map(([y, v]) => [y, scaled(v)])));
  },
  rules: ({ mode, profile }, f) => {
    if (f === undefined) return backtraceRules({ mode, profile });
    const to = [...f.start().keys()];
    return backtraceRules({ mode, profile }, { graph: f.b.build(to), from: f.x, to });
  },
});
