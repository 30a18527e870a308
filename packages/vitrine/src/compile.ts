import path from 'node:path';
import { assumedShapes, compile, ExplainError, parseTarget, resolve, type Target } from '@vitrine/explain';
import { readNpy } from '@vitrine/data';
import { joinedBytes, specialize, writeModel, type Graph, type Tensor } from '@vitrine/ir';
import { weightBytes } from '@vitrine/ir/node';
import { readFileSync } from 'node:fs';
import type { Question } from './exam.js';
import type { LoadedModel } from './model.js';
import { writeWhole } from './save.js';

export interface CompileQuestion extends Pick<Question, 'method' | 'at' | 'layer' | 'seed' | 'target' | 'options'> {
  readonly out: string;
  /** Whether the weights are copied into the file. */
  readonly embed: boolean;
  /** NAME=NUMBER for free extents. */
  readonly dims: readonly string[];
}

/** Writes a method for a model as one ONNX file. @throws ExplainError, RuleError, DataError */
export async function compileModel(
  model: LoadedModel,
  { method, at, layer, seed, target = 'top', options, out, embed, dims }: CompileQuestion,
): Promise<{ readonly bytes: number; readonly external: string | undefined }> {
  const { graph } = model.subject;
  const { shapes } = assumedShapes(graph, new Map(dims.map((text) => [text.split('=')[0]!, Number(text.split('=')[1])])));
  const graphAt = (batch: number): Graph =>
    specialize(graph, {
      shapes: new Map(
        [...shapes].map(([name, dim]) => [
          name,
          typeof graph.inputs.find((v) => v.name === name)!.type.shape?.[0] === 'string' ? [batch, ...dim.slice(1)] : dim,
        ]),
      ),
    }).graph;
  const tensor = (file: string): Tensor => readNpy(readFileSync(file), file);
  const asked: Target = typeof target === 'string' ? parseTarget(target, { labels: model.labels, tensor }) : target;
  if (asked.kind === 'box' || (asked.kind === 'class' && asked.mask === 'predicted'))
    throw new ExplainError(
      'bad-target',
      'a compiled explainer cannot look for boxes or masks: name the element with --target, as 7, 0,7 or label:NAME',
    );
  const batchable = graph.inputs.every(({ type }) => typeof type.shape?.[0] === 'string');
  const compiled = compile(graphAt, batchable, {
    method,
    target: asked.kind === 'top' ? asked : resolve(asked, new Map()),
    at: typeof at === 'string' ? [at] : at,
    layer,
    options: options ?? {},
    seed: seed ?? 0,
  });
  const folder = path.dirname(path.resolve(out));
  const final = embed ? embedded(compiled) : compiled;
  const files = new Set(
    [...final.initializers.values()].flatMap((content) => ('at' in content && 'file' in content.at ? [content.at.file] : [])),
  );
  const outside = [...files].find((file) => path.relative(folder, file).startsWith('..'));
  if (outside !== undefined)
    throw new ExplainError(
      'not-compilable',
      `${out} cannot point at weights outside its folder (${outside}): write it beside the model, or use --embed`,
    );
  const chunks = writeModel(final, {
    domains: model.subject.model.domains,
    location: (file) => path.relative(folder, file).split(path.sep).join('/'),
    metadata: new Map([
      ['vitrine.method', method],
      ['vitrine.model', model.subject.digest],
    ]),
  });
  const bytes = joinedBytes(chunks);
  await writeWhole(out, bytes);
  return { bytes: bytes.byteLength, external: files.size > 0 ? [...files].map((file) => path.basename(file)).join(', ') : undefined };
}

/** The graph with its weights in memory. */
const embedded = (graph: Graph): Graph => ({
  ...graph,
  initializers: new Map(
    [...graph.initializers].map(([value, content]) => [
      value,
      'at' in content ? { ...content, at: { bytes: weightBytes(content) } } : content,
    ]),
  ),
});
