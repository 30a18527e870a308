import { builder, type Builder, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { backward } from '../backward.js';
import { prepared } from '../prepare.js';
import { fromTable, type RuleSet } from '../rule.js';
import { vjps } from '../vjp/index.js';
import { runOnce } from './ort.js';

/** A graph over inputs of these types and contents. */
export function graphOf(inputs: readonly Tensor[], make: (b: Builder, x: readonly Value[]) => readonly Value[]): Graph {
  const b = builder();
  return b.build(
    make(
      b,
      inputs.map(({ dtype, dims }, i) => b.input(`x${i}`, { dtype, shape: dims })),
    ),
  );
}

/** The gradient of Σ first output at each input, on ONNX Runtime; undefined where none arrives. */
export async function gradientOf(
  graph: Graph,
  inputs: readonly Tensor[],
  rules: RuleSet = fromTable(vjps),
): Promise<readonly (Tensor | undefined)[]> {
  const feeds = new Map(inputs.map((tensor, i) => [`x${i}`, tensor]));
  const names = [...feeds.keys()];
  const ready = prepared(graph, names, [graph.outputs[0]!.name], rules);
  const b = builder(ready);
  const y = ready.outputs[0]!;
  const one = b.scalar(1, y.type.dtype === 'float64' ? 'float64' : 'float32');
  const wrt = names.map((name) => ready.inputs.find((input) => input.name === name)!);
  const found = backward(b, ready, new Map([[y, b.op.Expand(one, b.op.Shape(y))]]), wrt, rules);
  const outputs = wrt.map((value) => found.get(value) && b.op.Identity(found.get(value)!));
  const results = await runOnce(b.build([y, ...outputs.filter((value) => value !== undefined)], ready.inputs), feeds);
  return outputs.map((value) => value && results.get(value.name));
}
