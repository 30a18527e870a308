// npm run golden -- DIR [--save OUT] [--quiet]: replays every golden case under DIR and prints how each method agrees.
import { parseArgs } from 'node:util';
import { backtraceCasesIn, replayBacktrace } from './backtrace.mjs';
import { casesIn, openRuntime, replay } from './replay.mjs';
import { replayTrees, treeCasesIn } from './trees.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { save: { type: 'string' }, quiet: { type: 'boolean' } } });
const root = positionals[0] ?? 'golden/captum';
const runtime = await openRuntime();
const counts = { agrees: 0, differs: 0, informative: 0, 'not supported': 0 };
const reasons = new Map();
const backtraced = backtraceCasesIn(root);
const others = casesIn(root).filter((folder) => !backtraced.includes(folder));
const replays = [
  ...others.map((folder) => replay(folder, runtime, values.save)),
  ...backtraced.map((folder) => replayBacktrace(folder, runtime, values.save)),
  ...treeCasesIn(root).map((folder) => replayTrees(folder, runtime, values.save)),
];
for (const lines of replays) {
  for await (const { case: name, golden, status, error, tolerance, reason, informative } of lines) {
    // Those that their makers advise against matching.
    counts[informative && status === 'differs' ? 'informative' : status]++;
    if (status === 'not supported') reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    const detail =
      status === 'not supported'
        ? reason
        : `${error.toExponential(1)} (tolerance ${tolerance.toExponential(0)})${informative ? ', informative' : ''}`;
    if (!values.quiet || (status === 'differs' && !informative)) console.log(`${name}  ${golden}  ${status}: ${detail}`);
  }
}
await runtime.close();
console.log(
  `\n${counts.agrees} agree, ${counts.differs} differ, ${counts.informative} informative, ${counts['not supported']} not supported`,
);
for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(`  ${count} × ${reason}`);
process.exitCode = counts.differs > 0 ? 1 : 0;
