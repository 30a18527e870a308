// Single operators of DL-Backtrace: each a small graph, relevance at its result given.
import { example, explain, subject } from '@vitrine/explain';
import { builder, joinedBytes, memory, OPSET, readModel, sizeOf, tensorOf, writeModel } from '@vitrine/ir';
import { nodeRuntime } from '@vitrine/runtime/node';
import { backtraceRules, prepared, propagate } from '@vitrine/transform';

const skipped = {
  linear_v2: 'a rule of later releases that loses relevance where a unit has contributions of one sign only',
};

/** Yields a line per operator. */
export async function* replayOps(cases, tolerance) {
  const runtime = await nodeRuntime();
  try {
    for (const [i, spec] of cases.entries()) {
      const line = { case: 'ops', golden: `${i} ${spec.op} ${JSON.stringify(spec.params)}`, method: 'dl-backtrace', tolerance };
      const reason =
        skipped[spec.op] ?? (spec.params.conserve === true ? 'a later release spreads attention again over all tokens' : undefined);
      if (reason !== undefined) {
        yield { ...line, status: 'not supported', reason };
        continue;
      }
      const got = await (spec.op.startsWith('start_') ? started(spec, runtime) : propagated(spec, runtime));
      if (spec.has_nan) {
        // The published rule divides by nothing here; ours drops what has no contribution, or counts padding as 0.
        const finite = Object.values(got).every((data) => data.every(Number.isFinite));
        yield { ...line, status: finite ? 'agrees' : 'differs', error: 0, reason: 'finite where the published code is not' };
        continue;
      }
      const error = Math.max(...Object.entries(spec.outputs).map(([name, { data }]) => distance([...got[name]], [data].flat(Infinity))));
      yield { ...line, status: error <= tolerance ? 'agrees' : 'differs', error };
    }
  } finally {
    await runtime.close();
  }
}

const tensor = ({ shape, data }, dims = shape) => tensorOf('float32', dims, [data].flat(Infinity));

/** The activation behind a layer. */
const activations = {
  none: (op, z) => z,
  relu: (op, z) => op.Relu(z),
  sigmoid: (op, z) => op.Sigmoid(z),
  tanh: (op, z) => op.Tanh(z),
  softmax: (op, z) => op.Softmax(z, { axis: 1 }),
  swish: (op, z) => op.Mul(z, op.Sigmoid(z)),
};
const ints = (n, count) => Array.from({ length: count }, () => n);

function conv({ op, constant, params, spatial }, x) {
  const pads = ints(params.pad ?? 0, 2 * spatial);
  const z = op.Conv(x, constant('W'), constant('b'), {
    strides: ints(params.stride, spatial),
    pads,
    dilations: ints(params.dilation ?? 1, spatial),
    group: params.groups ?? 1,
  });
  return activations[params.act ?? 'none'](op, z);
}

function lstm({ b, op, spec }, x) {
  const units = spec.inputs.R.shape[0];
  // Keras has the gates i, f, c, o in columns; ONNX i, o, f, c in rows.
  const gates = [0, 3, 1, 2];
  const rows = ({ shape, data }) => {
    const flat = [data].flat(Infinity);
    const width = shape.at(-1);
    return gates
      .flatMap((g) =>
        Array.from({ length: units }, (_, u) => Array.from({ length: flat.length / width }, (__, r) => flat[r * width + g * units + u])),
      )
      .flat();
  };
  const [steps, width] = spec.inputs.x.shape;
  const W = b.initializer(tensorOf('float32', [1, 4 * units, width], rows(spec.inputs.K)));
  const R = b.initializer(tensorOf('float32', [1, 4 * units, units], rows(spec.inputs.R)));
  const bias = b.initializer(tensorOf('float32', [1, 8 * units], [...rows(spec.inputs.b), ...ints(0, 4 * units)]));
  const [y, last] = b.node('LSTM', [op.Reshape(x, b.ints([steps, 1, width])), W, R, bias], { hidden_size: units }, 2);
  return spec.params.return_sequences ? op.Reshape(y, b.ints([steps, units])) : op.Reshape(last, b.ints([units]));
}

function attention({ b, op, spec, input }) {
  const [q, k, v] = ['Q', 'K', 'V'].map((name) => input(name));
  const scores = op.MatMul(q, op.Transpose(k, { perm: [0, 2, 1] }));
  const size = spec.inputs.Q.shape.at(-1);
  const scaled = op.Div(scores, Math.sqrt(size));
  // A mask that leaves what the given weights leave.
  const A = spec.inputs.A;
  const masked =
    A === undefined
      ? scaled
      : op.Add(
          scaled,
          b.initializer(
            tensorOf(
              'float32',
              A.shape,
              [A.data].flat(Infinity).map((w) => (w === 0 ? -1e9 : 0)),
            ),
          ),
        );
  return { x: { rQ: q, rK: k, rV: v }, y: op.MatMul(op.Softmax(masked, { axis: -1 }), v) };
}

function made(spec) {
  const b = builder();
  const { op } = b;
  const spatial = spec.op.startsWith('conv1d') ? 1 : 2;
  const input = (name, lead = 0) => b.input(name, { dtype: 'float32', shape: [...ints(1, lead), ...spec.inputs[name].shape] });
  const constant = (name) => b.initializer(tensor(spec.inputs[name]), name);
  const c = { b, op, spec, params: spec.params, input, constant, spatial };
  const kind = spec.op.replace(/_(default|contrast)$/, '');
  if (kind === 'sdpa_v2') return { b, ...attention(c) };
  if (kind === 'add') {
    const [left, right] = [input('a'), input('b')];
    return { b, x: { ra: left, rb: right }, y: op.Add(left, right) };
  }
  if (kind === 'concat') {
    const [left, right] = [3, 4].map((n, i) => b.input('ab'[i], { dtype: 'float32', shape: [2, 3, n] }));
    return { b, x: { ra: left, rb: right }, y: op.Concat(left, right, { axis: -1 }) };
  }
  if (kind === 'lstm') {
    const x = input('x');
    return { b, x: { rx: x }, y: lstm(c, x) };
  }
  const x = input('x', 1);
  const pool = { kernel_shape: ints(spec.params.k, 2), strides: ints(spec.params.stride, 2) };
  const y = {
    dense: () => activations[spec.params.act ?? 'none'](op, op.Gemm(x, constant('W'), constant('b'), { transB: 1 })),
    conv1d: () => conv(c, x),
    conv2d: () => conv(c, x),
    maxpool2d: () => op.MaxPool(x, pool),
    avgpool2d: () => op.AveragePool(x, typeof spec.params.pad === 'string' ? { ...pool, pads: [0, 0, 1, 1] } : pool),
    globalavgpool: () => op.GlobalAveragePool(x),
    globalmaxpool: () => op.GlobalMaxPool(x),
  }[kind]();
  return { b, x: { rx: x }, y };
}

/** Relevance at the inputs of one operator. */
async function propagated(spec, runtime) {
  const { b: first, x: named, y: end } = made(spec);
  const mode = spec.op.endsWith('contrast') ? 'contrast' : 'default';
  const options = { mode, profile: 'reference' };
  const [out] = first.named({ opType: 'Identity', name: 'end', inputs: [end], attrs: {} }, ['y']);
  const xNames = Object.values(named).map(({ name }) => name);
  const ready = prepared(first.build([out]), xNames, ['y'], backtraceRules(options));
  const b = builder(ready);
  const x = xNames.map((name) => ready.inputs.find((v) => v.name === name)).filter((v) => v !== undefined);
  const [y] = ready.outputs;
  const names = mode === 'contrast' ? ['r_pos', 'r_neg'] : ['r'];
  const seeds = names.map((name) => b.input(name, y.type));
  const rules = backtraceRules(options, { graph: ready, from: x, to: [y] });
  const { signals } = propagate(
    b,
    ready,
    seeds.map((seed) => new Map([[y, seed]])),
    x,
    rules,
  );
  const outputs = [];
  for (const [key, { name }] of Object.entries(named)) {
    const value = x.find((v) => v.name === name);
    const tails = mode === 'contrast' ? ['_pos', '_neg'] : [''];
    signals
      .get(value)
      .forEach((signal, lane) =>
        outputs.push(...b.named({ opType: 'Identity', name: `${key}${lane}`, inputs: [signal], attrs: {} }, [key + tails[lane]])),
      );
  }
  const graph = b.build(outputs);
  const session = await runtime.open(graph, { domains: new Map([['', OPSET]]) });
  const feeds = new Map(graph.inputs.map(({ name, type }) => [name, tensor(spec.inputs[name], type.shape)]));
  const results = await session.run(feeds);
  return Object.fromEntries([...results].map(([name, { data }]) => [name, data]));
}

/** Where relevance starts for an output y: explained through a network that computes y and passes everything on. */
async function started(spec, runtime) {
  const { y: given } = spec.inputs;
  const values = [given.data].flat(Infinity);
  const probabilities = values.every((v) => v > 0 && v < 1);
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: [1, ...given.shape] });
  const [y] = b.named({ opType: probabilities ? 'Sigmoid' : 'Identity', name: 'y', inputs: [x], attrs: {} }, ['y']);
  const model = readModel(memory(joinedBytes(writeModel(b.build([y])))));
  const data = probabilities ? values.map((v) => Math.log(v / (1 - v))) : values;
  const inputs = new Map([['x', tensorOf('float32', [1, ...given.shape], data)]]);
  const ex = await example(subject(model, 'start', ''), inputs, runtime);
  const { task = 'auto', scaler, thresholding: threshold = 0.5, multiplier } = spec.params;
  const options = {
    mode: spec.op.replace('start_', ''),
    task: /classification/.test(task) ? 'classification' : task,
    scaler,
    threshold,
    multiplier,
    layers: 'none',
  };
  const best = values.indexOf(Math.max(...values));
  const index = given.shape.map((d, axis) => Math.floor(best / sizeOf(given.shape.slice(axis + 1))) % d);
  const found = await explain(ex, runtime, { method: 'dl-backtrace', inputs, target: { kind: 'index', index }, options });
  const of = (part) => found.attributions.find((a) => a.part === part).tensor.data;
  return options.mode === 'contrast' ? { r_pos: of('positive'), r_neg: of('negative') } : { r: of(undefined) };
}

/** Largest difference as a share of the largest value. */
export function distance(got, want) {
  if (got.length !== want.length) return Infinity;
  let [most, apart] = [0, 0];
  want.forEach((v, i) => {
    most = Math.max(most, Math.abs(v));
    const d = Math.abs(got[i] - v);
    apart = Math.max(apart, Number.isNaN(d) ? Infinity : d);
  });
  return apart / (most || 1);
}
