import { floats, number, withOutputNames, type Point } from '@vitrine/explain';
import { builder, inline, type Graph } from '@vitrine/ir';
import { EvaluateError } from '../../error.js';
import { distance, lengthOf } from '../distance.js';
import { metric } from '../metric.js';

/** Kindermans et al. 2019, section 2: f'(x + m) = f(x) for all x, and so both must have the same explanation. */
export const inputInvariance = metric({
  name: 'input-invariance',
  title: 'Input invariance',
  family: 'axiomatic',
  paper: 'Kindermans et al. 2019, arXiv:1711.00867',
  meaning:
    'how much the explanation changes when a constant is added to the input and the model takes it away again, as a share of its length',
  better: 'lower',
  undefinedWhere: 'every attribution is zero',
  options: { shift: number(1, 'the constant') },
  async measure(e, { shift }) {
    const names = [...e.x.keys()];
    const inner = names.find((name) => !e.probe.model.inputs.some((value) => value.name === name));
    if (inner !== undefined)
      throw new EvaluateError('bad-input', `input-invariance shifts inputs of the model, and ${inner} is an inner value: leave it out`);
    const feeds: Point = new Map([
      ...e.probe.q.fixed,
      ...[...e.x].map(([name, x]) => [name, { ...x, data: floats(x).map((v) => v + shift) }] as const),
    ]);
    const known = new Map([...feeds].filter(([name]) => e.probe.model.inputs.some((value) => value.name === name)));
    const other = await e.about(await e.probe.changed(absorbing(e.probe.model, new Set(names), shift), known));
    const length = lengthOf(e.attribution);
    return { value: length === 0 ? NaN : distance(e.attribution, other.attribution) / length };
  },
});

/** The model with a constant taken from its inputs first. */
function absorbing(model: Graph, names: ReadonlySet<string>, shift: number): Graph {
  const b = builder();
  const inputs = model.inputs.map((value) => b.input(value.name, value.type));
  const args = inputs.map((value) => (names.has(value.name) ? b.op.Sub(value, b.scalar(shift, value.type.dtype as 'float32')) : value));
  const outputs = inline(b, model, args, (node, into, operands) => into.replay(node, operands));
  return withOutputNames(
    b.build(outputs, inputs),
    model.outputs.map(({ name }) => name),
  );
}
