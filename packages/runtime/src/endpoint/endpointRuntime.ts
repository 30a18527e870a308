import { builder, rewrite, type Graph, type Node, type Tensor, type Value } from '@vitrine/ir';
import type { Fetches, Runtime, Session } from '../session.js';
import type { Speaking } from './http.js';
import { infer, typeText, type Metadata } from './kserve.js';

const ENDPOINT = 'ai.vitrine.Endpoint';

/** A model that is asked elsewhere, as a graph of one operator. */
export function endpointGraph({ name, inputs, outputs }: Metadata): Graph {
  const b = builder();
  const given = inputs.map((input) =>
    b.input(input.name, {
      dtype: input.dtype,
      shape: input.shape.map((d, axis) => (d >= 0 ? d : axis === 0 ? 'batch' : `${input.name}/${axis}`)),
    }),
  );
  const node = {
    opType: ENDPOINT,
    name: 'endpoint',
    inputs: given,
    attrs: { names: [...inputs, ...outputs].map((one) => one.name), types: outputs.map(typeText) },
  };
  const made = b.named(
    node,
    outputs.map((output) => output.name),
  ) as readonly Value[];
  return { ...b.build(made), name };
}

/** Runs graphs whose model is asked elsewhere: what stands before and behind it runs here. */
export function endpointRuntime(local: Runtime, url: string, about: Metadata, how: Speaking): Runtime {
  return {
    ...local,
    async open(graph, options) {
      const node = graph.nodes.find(({ opType }) => opType === ENDPOINT);
      if (node === undefined) return local.open(graph, options);
      const { before, behind } = around(graph, node);
      const first = before && (await local.open(before, options));
      const last = behind && (await local.open(behind, options));
      const session: Session = {
        async run(feeds, signal) {
          const prepared: Fetches = first === undefined ? feeds : new Map([...feeds, ...(await first.run(feeds, signal))]);
          const asked = new Map(about.inputs.map(({ name }, i): [string, Tensor] => [name, prepared.get(node.inputs[i]!.name)!]));
          const answer = await infer(url, about, asked, how, signal);
          const known = new Map([
            ...feeds,
            ...about.outputs.flatMap(({ name }, i): readonly [string, Tensor][] =>
              node.outputs[i] ? [[node.outputs[i].name, answer.get(name)!]] : [],
            ),
          ]);
          return last === undefined ? new Map(graph.outputs.map(({ name }) => [name, known.get(name)!])) : last.run(known, signal);
        },
        async close() {
          await Promise.all([first?.close(), last?.close()]);
        },
      };
      return session;
    },
  };
}

/** What makes the model's inputs, and what is made of its outputs; undefined where nothing is. */
function around(graph: Graph, node: Node): { readonly before: Graph | undefined; readonly behind: Graph | undefined } {
  const given = node.inputs.filter((value) => value !== undefined);
  const made = node.outputs.filter((value) => value !== undefined);
  const inner = given.filter((value) => !graph.inputs.includes(value));
  const isAll = graph.outputs.every((value) => made.includes(value) || graph.inputs.includes(value));
  return {
    before: inner.length === 0 ? undefined : builder(graph).build(inner),
    behind: isAll ? undefined : cutBehind(graph, made),
  };
}

/** A graph with some of its values as inputs. */
function cutBehind(graph: Graph, values: readonly Value[]): Graph {
  const cut = rewrite(graph, () => undefined, { cut: new Set(values) }).graph;
  return builder(cut).build(cut.outputs);
}
