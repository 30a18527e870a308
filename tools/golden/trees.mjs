// Replays the cases of trees: values of SHAP for rows of trained forests.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readNpy, writeNpy } from '@vitrine/data';
import { example, examplesIn, explain, subject } from '@vitrine/explain';
import { memory, readModel, VitrineError } from '@vitrine/ir';

const TOLERANCE = 1e-5;
const bytes = (file) => new Uint8Array(readFileSync(file));

/** Folders below `root` that hold a trees.json. */
export function treeCasesIn(root) {
  if (existsSync(path.join(root, 'trees.json'))) return [root];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => treeCasesIn(path.join(root, entry.name)))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Replays one folder; yields a line per golden: { case, golden, method, status, error, tolerance, reason }. */
export async function* replayTrees(folder, runtime, save) {
  const { name, goldens } = JSON.parse(readFileSync(path.join(folder, 'trees.json'), 'utf8'));
  const one = subject(readModel(memory(bytes(path.join(folder, 'model.onnx')))), name, '');
  const [{ name: input }] = one.graph.inputs;
  const [rows, background] = ['rows.npy', 'background.npy'].map((file) => readNpy(bytes(path.join(folder, file))));
  const examples = [];
  for (const inputs of examplesIn(one.graph, new Map([[input, rows]]))) examples.push(await example(one, inputs, runtime));
  for (const { method, perturbation, target, file, expected } of goldens) {
    const line = { case: name, golden: file, method, tolerance: TOLERANCE };
    const want = readNpy(bytes(path.join(folder, file)));
    const options = { ...(perturbation && { perturbation }), ...(perturbation !== 'path-dependent' && { background }) };
    try {
      const got = new Float64Array(want.data.length);
      let error = 0;
      for (const [i, ex] of examples.entries()) {
        const found = await explain(ex, runtime, { method, inputs: ex.feeds, target: { kind: 'index', index: target }, options });
        got.set(found.attributions[0].tensor.data, (i * got.length) / examples.length);
        if (expected !== null)
          error = Math.max(error, apart(found.target.score - found.completeness.expected, expected, Math.abs(expected)));
      }
      if (save !== undefined) {
        mkdirSync(path.join(save, name), { recursive: true });
        writeFileSync(path.join(save, name, file), writeNpy({ dtype: 'float64', dims: want.dims, data: got }));
      }
      const most = want.data.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      error = want.data.reduce((worst, v, i) => Math.max(worst, apart(got[i], v, most)), error);
      yield { ...line, status: error <= TOLERANCE ? 'agrees' : 'differs', error };
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
      yield { ...line, status: 'not supported', reason: error.message };
    }
  }
}

/** A difference as a share of what is large. */
function apart(got, want, most) {
  const difference = Math.abs(got - want) / (most || 1);
  return Number.isNaN(difference) ? Infinity : difference;
}
