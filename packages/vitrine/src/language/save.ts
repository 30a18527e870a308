import type { Unit } from '@vitrine/data';
import { writeNpy } from '@vitrine/data';
import { tokensCsv } from '../tokens.js';
import { traceCsv } from '../trace.js';
import { shownTrace, toldPrompt } from './shown.js';
import type { Trace } from './trace.js';

const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/** Files of traces by name: each token by those before it as .csv and .npy, the prompt's tokens as .csv, the record, and those of each token. */
export function traceFiles(traces: readonly Trace[], unit?: Unit): ReadonlyMap<string, Uint8Array> {
  return new Map(
    traces.flatMap((trace): readonly (readonly [string, Uint8Array])[] => {
      const stem = `${trace.method}.trace`;
      return [
        [`${stem}.csv`, traceCsv(shownTrace(trace))],
        [`${stem}.npy`, writeNpy(matrixOf(trace))],
        [`${trace.method}.tokens.csv`, tokensCsv(toldPrompt(trace, unit))],
        [`${stem}.json`, json(trace.record)],
        [`${stem}.records.jsonl`, new TextEncoder().encode(trace.records.map((record) => `${JSON.stringify(record)}\n`).join(''))],
        ...(trace.steps.some(({ lens }) => lens !== undefined) ? [[`${trace.method}.lens.json`, json(lensOf(trace))] as const] : []),
      ];
    }),
  );
}

/** Rows for the explained tokens, columns for all tokens [R,T]; zeros for those that were not there yet. */
function matrixOf({ steps, encoded }: Trace): Parameters<typeof writeNpy>[0] {
  const columns = encoded.tokens.length;
  const data = new Float64Array(steps.length * columns);
  for (const [r, { values }] of steps.entries()) data.set(values, r * columns);
  return { dtype: 'float64', dims: [steps.length, columns], data };
}

const lensOf = ({ steps }: Trace): unknown =>
  steps.map(({ place, said, lens }) => ({ place, token: said.id, text: said.text, layers: lens }));
