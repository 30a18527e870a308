// Replays the cases of DL-Backtrace: whole networks with relevance at every layer, and single operators.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeNpy } from '@vitrine/data';
import { example, explain, subject } from '@vitrine/explain';
import { memory, readModel, sizeOf, valuesByName, VitrineError } from '@vitrine/ir';
import { distance, replayOps } from './backtraceOps.mjs';

const TOLERANCE = 1e-4;
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Folders below `root` that hold cases of DL-Backtrace. */
export function backtraceCasesIn(root) {
  if (existsSync(path.join(root, 'ops.json'))) return [root];
  const spec = path.join(root, 'case.json');
  if (existsSync(spec)) return json(spec).samples === undefined ? [] : [root];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => backtraceCasesIn(path.join(root, entry.name)))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** What is asked for in each column, and where the published code is no target. README.md says why. */
const columns = {
  'case.json': {
    default: { mode: 'default', profile: 'reference', not: /depthwise/ },
    contrast: { mode: 'contrast', profile: 'reference', not: /depthwise|maxpool_overlap/ },
  },
  'intended.json': {
    default_quirks: { mode: 'default', profile: 'reference', not: /^$/ },
    default_intended: { mode: 'default', profile: 'intended', not: /^$/ },
    contrast: { mode: 'contrast', profile: 'reference', not: /^$/ },
    contrast_unified: { mode: 'contrast', profile: 'intended', not: /^$/ },
  },
};

/** Replays one folder; yields a line per sample and column. */
export async function* replayBacktrace(folder, runtime, save) {
  if (existsSync(path.join(folder, 'ops.json'))) {
    yield* replayOps(json(path.join(folder, 'ops.json')).cases, TOLERANCE);
    return;
  }
  const name = path.basename(folder);
  const model = readModel(memory(new Uint8Array(readFileSync(path.join(folder, 'model.onnx')))));
  const spec = json(path.join(folder, 'case.json'));
  const intended = path.join(folder, 'intended.json');
  const tables = [['case.json', spec.samples], ...(existsSync(intended) ? [['intended.json', json(intended).samples]] : [])];
  // A transformer has one table, made with the intended rules.
  const of = (file, column) =>
    spec.modes_status === undefined ? { ...columns[file][column], profile: 'intended' } : columns[file][column];
  for (const [i, sample] of spec.samples.entries()) {
    const inputs = inputsOf(model.graph, sample);
    const ex = await example(subject(model, name, ''), inputs, runtime);
    const found = new Map();
    for (const [file, samples] of tables)
      for (const [column, layers] of Object.entries(file === 'case.json' ? samples[i].relevance : samples[i])) {
        const asked = of(file, column);
        if (asked === undefined || asked.not.test(name) || typeof layers !== 'object') continue;
        const line = { case: name, golden: `${file} ${column} ${i}`, method: 'dl-backtrace', tolerance: TOLERANCE };
        try {
          const key = `${asked.mode} ${asked.profile}`;
          if (!found.has(key)) found.set(key, await relevances(ex, runtime, model.graph, sample, inputs, asked));
          const keep = save === undefined ? undefined : keeperFor(path.join(save, name), `${column}.${i}`);
          yield { ...line, ...compared(layers, sample, model.graph, found.get(key), keep) };
        } catch (error) {
          if (!(error instanceof VitrineError)) throw error;
          yield { ...line, status: 'not supported', reason: error.message };
        }
      }
  }
}

const flat = (v) => (Array.isArray(v) ? v.flat(Infinity) : [v]);
function dimsOf(v) {
  return Array.isArray(v) ? [v.length, ...dimsOf(v[0])] : [];
}

function inputsOf(graph, sample) {
  const { name, type } = graph.inputs[0];
  const given = sample.input ?? sample.input_ids;
  const data = type.dtype === 'int64' ? BigInt64Array.from(flat(given), BigInt) : Float32Array.from(flat(given));
  return new Map([[name, { dtype: type.dtype, dims: dimsOf(given), data }]]);
}

/** Relevance at every value, by name and lane. */
async function relevances(ex, runtime, graph, sample, inputs, { mode, profile }) {
  const at = sample.layers.tok === undefined ? undefined : [sample.layers.tok.onnx_tensor];
  const found = await explain(ex, runtime, { method: 'dl-backtrace', inputs, at, options: { mode, profile, layers: 'all' } });
  const lanes = mode === 'contrast' ? ['positive', 'negative'] : [undefined];
  const all = new Map();
  for (const { at: value, part, tensor } of [...found.attributions, ...found.layers])
    if (lanes.includes(part)) all.set(`${value} ${part}`, tensor);
  return all;
}

/** Writes arrays as OUT/<case>/<column>.<sample>.<layer>.npy; the JSON files name none. */
function keeperFor(folder, prefix) {
  mkdirSync(folder, { recursive: true });
  return (name, tensor) => writeFileSync(path.join(folder, `${prefix}.${name.replaceAll('/', '_')}.npy`), writeNpy(tensor));
}

/** The worst layer of a table of layers. */
function compared(layers, sample, graph, found, keep) {
  const values = [...valuesByName(graph).keys()];
  let [error, worst] = [0, ''];
  for (const [layer, table] of Object.entries(layers)) {
    // A constant's share is kept in the books, not given to it.
    if (layer === 'pos') continue;
    const tensor = sample.layers[layer]?.onnx_tensor ?? tensorOf(layer, sample, graph, values);
    const lanes =
      table.Positive === undefined
        ? [[undefined, table]]
        : [
            ['positive', table.Positive],
            ['negative', table.Negative],
          ];
    for (const [part, want] of lanes) {
      const got = found.get(`${layer === 'tokens' ? sample.layers.tok.onnx_tensor : tensor} ${part}`);
      if (got !== undefined) keep?.(`${layer}${part === undefined ? '' : `.${part}`}`, got);
      const wide = layer === 'tokens' && got ? sumsOfRows(got) : got?.data;
      const apart = wide === undefined ? Infinity : distance(wide, flat(want));
      if (apart >= error) [error, worst] = [apart, layer];
    }
  }
  return { error, status: error <= TOLERANCE ? 'agrees' : 'differs', reason: worst };
}

/** The value a module writes, as torch names it. */
function tensorOf(module, sample, graph, values) {
  if (module === 'identity') return graph.inputs[0].name;
  const listed = Object.entries(sample.layers).find(([key]) => key.split('/').includes(module) && key.split('/').at(-1) === module);
  return listed?.[1].onnx_tensor ?? values.find((name) => name.startsWith(`/${module}/`)) ?? graph.outputs[0].name;
}

function sumsOfRows({ dims, data }) {
  const width = dims.at(-1);
  return Array.from({ length: sizeOf(dims) / width }, (_, i) => data.slice(i * width, (i + 1) * width).reduce((a, b) => a + b, 0));
}
