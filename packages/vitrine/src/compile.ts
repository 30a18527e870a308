import path from 'node:path';
import { assumedShapes, compile as compileGraph, ExplainError, parseTarget, resolve, specialized, type Target } from '@vitrine/explain';
import { readNpy } from '@vitrine/data';
import { joinedBytes, writeModel, type Graph, type Tensor, type Weight } from '@vitrine/ir';
import { weightBytes } from '@vitrine/ir/node';
import { readFileSync } from 'node:fs';
import type { Question } from './exam.js';
import type { LoadedModel } from './model.js';
import { writeWhole } from './save.js';

export interface CompileQuestion extends Pick<Question, 'method' | 'at' | 'layer' | 'seed' | 'target' | 'options'> {
  readonly out: string;
  /** Leave the weights where they are and point at them: the file is small, and must stay beside the model. */
  readonly link?: boolean;
  /** Numbers for free extents, by symbol. */
  readonly dims?: ReadonlyMap<string, number>;
  /** Inputs that control flow depends on: the file does not take them any more. */
  readonly bind?: ReadonlyMap<string, Tensor>;
}

/** Writes a method for a model, one example at a time, as one ONNX file. @throws ExplainError, RuleError, DataError */
export async function compile(
  model: LoadedModel,
  { method, at, layer, seed, target = 'top', options, out, link = false, dims, bind = new Map() }: CompileQuestion,
): Promise<{ readonly bytes: number; readonly external: string | undefined }> {
  const { graph } = model.subject;
  const { shapes } = assumedShapes(graph, dims, bind);
  const free = new Set(graph.inputs.flatMap(({ name, type }) => (typeof type.shape?.[0] === 'string' ? [name] : [])));
  const graphAt = (batch: number): Graph =>
    specialized(graph, {
      shapes: new Map([...shapes].map(([name, shape]) => [name, free.has(name) ? [batch, ...shape.slice(1)] : shape])),
      bind,
    });
  const tensor = (file: string): Tensor => readNpy(readFileSync(file), file);
  const asked: Target = typeof target === 'string' ? parseTarget(target, { labels: model.labels, tensor }) : target;
  if (asked.kind === 'box' || (asked.kind === 'class' && asked.mask === 'predicted'))
    throw new ExplainError(
      'bad-target',
      'a compiled explainer cannot look for boxes or masks: name the element with --target, as 7, 0,7 or label:NAME',
    );
  const compiled = compileGraph(graphAt, free.size === graph.inputs.length, {
    method,
    target: asked.kind === 'top' ? asked : resolve(asked, new Map()),
    at: typeof at === 'string' ? [at] : at,
    layer,
    options: options ?? {},
    seed: seed ?? 0,
  });
  const folder = path.dirname(path.resolve(out));
  const final = link ? compiled : embedded(compiled, out);
  const files = new Set([...final.initializers.values()].flatMap((content) => fileOf(content) ?? []));
  const outside = [...files].find((file) => path.relative(folder, file).startsWith('..'));
  if (outside !== undefined)
    throw new ExplainError(
      'not-compilable',
      `${out} cannot point at weights outside its folder (${outside}): write it beside the model, or leave --link out`,
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

/** The file that holds a weight; undefined where it is in memory, or no tensor. */
const fileOf = (content: Tensor | Weight): string | undefined => ('at' in content && 'file' in content.at ? content.at.file : undefined);

/** What one protobuf message may hold. */
const LARGEST = 2 ** 31 - 1;

/** The graph with its weights in memory. @throws ExplainError when one file cannot hold them */
function embedded(graph: Graph, out: string): Graph {
  const bytes = [...graph.initializers.values()].reduce(
    (n, content) => n + ('at' in content && 'file' in content.at ? content.at.length : 0),
    0,
  );
  if (bytes > LARGEST)
    throw new ExplainError(
      'not-compilable',
      `the weights take ${(bytes / 2 ** 30).toFixed(1)} GB, more than one ONNX file holds: write ${out} beside the model with --link`,
    );
  const held = (content: Tensor | Weight): Tensor | Weight =>
    'at' in content ? { ...content, at: { bytes: weightBytes(content) } } : content;
  return { ...graph, initializers: new Map([...graph.initializers].map(([value, content]) => [value, held(content)])) };
}
