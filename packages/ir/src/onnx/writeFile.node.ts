import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, writeSync, writevSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { GraphError } from '../error.js';
import { subgraphs, type Graph, type Weight } from '../graph.js';
import { isInside, named, weightBytes } from './file.node.js';
import { writeModel, type WriteOptions } from './write.js';

export interface WriteFileOptions extends Omit<WriteOptions, 'location'> {
  /** Copies weights that lie in files into one beside the model, `<model>.data`. Without it they are referred to, and must lie in the model's folder. */
  readonly copyWeights?: boolean;
}

/**
 * Writes a model file. It appears whole or not at all: what stood there before stays until the last byte is written.
 * @throws GraphError 'external-data' when weights cannot be referred to, 'unreadable-file' when the disk refuses
 */
export function writeModelFile(path: string, graph: Graph, { copyWeights = false, ...options }: WriteFileOptions = {}): void {
  const target = resolve(path);
  const written: Written[] = [];
  try {
    const folder = realpathSync(dirname(target));
    if (copyWeights) {
      const { graph: moved, file } = weightsCopied(graph, `${target}.data`);
      if (file !== undefined) written.push(file);
      written.push(temporary(target, (put) => put(writeModel(moved, { ...options, location: (name) => basename(name) }))));
    } else {
      const location = (file: string): string => referred(file, folder, target);
      written.push(temporary(target, (put) => put(writeModel(graph, { ...options, location }))));
    }
    for (const { from, to } of written) renameSync(from, to);
  } catch (error) {
    throw named(path, error);
  } finally {
    for (const { from } of written) rmSync(from, { force: true });
  }
}

/** How the model calls a file with weights. */
function referred(file: string, folder: string, target: string): string {
  const real = realpathSync(file);
  if (real === join(folder, basename(target)))
    throw new GraphError('external-data', 'its weights lie in the file that is to be replaced: write to another file, or copy the weights');
  if (!isInside(folder, real))
    throw new GraphError(
      'external-data',
      `its weights lie in ${file}, outside the folder of the model: write beside it, or copy the weights`,
    );
  return relative(folder, real).split(sep).join('/');
}

/** A file under a temporary name, and the one it gets when all is well. */
interface Written {
  readonly from: string;
  readonly to: string;
}

function temporary(to: string, fill: (put: (chunks: readonly Uint8Array[]) => void) => void): Written {
  const from = `${to}.${randomUUID()}.tmp`;
  const fd = openSync(from, 'wx');
  try {
    fill((chunks) => writeAll(fd, chunks));
    fsyncSync(fd);
  } catch (error) {
    rmSync(from, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  return { from, to };
}

const MOST_CHUNKS = 512;

/** Writes chunks with few calls and without joining them. */
function writeAll(fd: number, chunks: readonly Uint8Array[]): void {
  for (let first = 0; first < chunks.length; first += MOST_CHUNKS) {
    let rest = chunks.slice(first, first + MOST_CHUNKS).filter(({ byteLength }) => byteLength > 0);
    while (rest.length > 0) {
      // The system may take less than it is given.
      let taken = rest.length === 1 ? writeSync(fd, rest[0]!, 0, Math.min(rest[0]!.byteLength, 2 ** 30)) : writevSync(fd, rest);
      while (rest.length > 0 && taken >= rest[0]!.byteLength) taken -= rest.shift()!.byteLength;
      if (taken > 0) rest = [rest[0]!.subarray(taken), ...rest.slice(1)];
    }
  }
}

/** External data starts at whole pages, so that runtimes can map it. */
const PAGE = 4096;
const PIECE = 2 ** 24;

/** The graph with its weights in one new file; no file when none lies in a file. */
function weightsCopied(graph: Graph, to: string): { readonly graph: Graph; readonly file: Written | undefined } {
  const places = new Map<Weight, Weight>();
  let end = 0;
  for (const weight of weightsIn(graph)) {
    if ('bytes' in weight.at || places.has(weight)) continue;
    const { length } = weight.at;
    places.set(weight, { type: weight.type, at: { file: to, offset: end, length } });
    end = Math.ceil((end + length) / PAGE) * PAGE;
  }
  if (places.size === 0) return { graph, file: undefined };
  const file = temporary(to, (put) => {
    let at = 0;
    for (const [{ type, at: place }, { at: copy }] of places) {
      if (!('file' in place) || !('file' in copy)) continue;
      put([new Uint8Array(copy.offset - at)]);
      for (let done = 0; done < place.length; done += PIECE) {
        const length = Math.min(PIECE, place.length - done);
        put([weightBytes({ type, at: { file: place.file, offset: place.offset + done, length } })]);
      }
      at = copy.offset + place.length;
    }
  });
  return { graph: withWeights(graph, places), file };
}

const weightsIn = (graph: Graph): readonly Weight[] => [
  ...[...graph.initializers.values()].filter((content): content is Weight => 'at' in content),
  ...graph.nodes.flatMap((node) => subgraphs(node).flatMap(([, inner]) => weightsIn(inner))),
];

const withWeights = (graph: Graph, places: ReadonlyMap<Weight, Weight>): Graph => ({
  ...graph,
  initializers: new Map([...graph.initializers].map(([value, content]) => [value, places.get(content as Weight) ?? content])),
  nodes: graph.nodes.map((node) => {
    const inner = subgraphs(node);
    if (inner.length === 0) return node;
    return { ...node, attrs: { ...node.attrs, ...Object.fromEntries(inner.map(([name, g]) => [name, withWeights(g, places)])) } };
  }),
});
