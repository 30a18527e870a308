import { sizeOf, type Tensor } from '@vitrine/ir';
import { ExplainError } from './error.js';
import { written, type Resolved, type Target } from './target.js';

type Outputs = ReadonlyMap<string, Tensor>;
interface Detection {
  readonly score: number;
  readonly target: Resolved;
}

const bad = (message: string): never => {
  throw new ExplainError('bad-target', message);
};

/** Looks up what a target leaves open (the top class, a box, the predicted mask) in the outputs of one forward run. @throws ExplainError 'bad-target' */
export function resolve(target: Target, outputs: Outputs): Resolved {
  switch (target.kind) {
    case 'difference':
      return { kind: 'difference', of: resolve(target.of, outputs), minus: resolve(target.minus, outputs) };
    case 'top':
      return topOf(target.output, outputs);
    case 'box':
      return boxOf(target.rank, outputs);
    case 'sum':
      return { ...target, of: target.of.map((part) => resolve(part, outputs)) };
    case 'token':
    case 'span':
    case 'answer':
    case 'tag':
      return bad(
        `${written(target)} needs text that a tokenizer reads: give the example as text, or write the element as an index, as 3,7`,
      );
    case 'class':
      return target.mask === 'predicted' ? { ...target, mask: predictedMask(target.class, outputOf(target.output, outputs)) } : target;
    default:
      return target;
  }
}

/** The output of that name, or the first. */
export function outputOf(name: string | undefined, outputs: Outputs): Tensor {
  const found = name === undefined ? outputs.values().next().value : outputs.get(name);
  return found ?? bad(`the model has no output ${name}: it has ${[...outputs.keys()].join(', ')}`);
}

const valuesOf = ({ data }: Tensor): ArrayLike<number> => data as Float32Array;

function argmax(values: ArrayLike<number>, start = 0, count = values.length, stride = 1): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i * stride]! > values[start + best * stride]!) best = i;
  return best;
}

/** The highest of [1,C] or [C] scores; the only number of a regression; the class that covers most of a segmentation. */
function topOf(output: string | undefined, outputs: Outputs): Resolved {
  const y = outputOf(output, outputs);
  const dims = y.dims[0] === 1 ? y.dims.slice(1) : y.dims;
  const named = output === undefined ? {} : { output };
  if (sizeOf(dims) === 1) return { kind: 'index', ...named, index: dims.map(() => 0) };
  if (dims.length === 1) return { kind: 'index', ...named, index: [argmax(valuesOf(y))] };
  return bad(
    `'top' needs an output of one score per class, and this one has shape [${y.dims.join(',')}]: say which element with --target 0,7, a class of pixels with class:3, a detection with box:0, or weights=FILE.npy`,
  );
}

function predictedMask(c: number, y: Tensor): Tensor {
  const [classes, ...spatial] = y.dims.slice(1) as [number, ...number[]];
  const pixels = sizeOf(spatial);
  const data = new Float32Array(pixels);
  for (let p = 0; p < pixels; p++) data[p] = argmax(valuesOf(y), p, classes, pixels) === c ? 1 : 0;
  return { dtype: 'float32', dims: spatial, data };
}

/** Layouts that detectors write their boxes in. Each reads the detections off the outputs, or is not meant. */
const layouts: { readonly [layout: string]: (outputs: Outputs) => readonly Detection[] | undefined } = {
  /** Scores [K], [1,K] or [1,K,C] beside boxes [...,K,4]: SSD, torchvision, most that end in non-maximum suppression. */
  scores: (outputs) => {
    const boxes = [...outputs.values()].find(({ dims }) => dims.at(-1) === 4 && dims.length <= 3);
    const [name, y] =
      [...outputs].find(
        ([, { dims, dtype }]) => dtype.startsWith('float') && dims.at(-1) !== 4 && boxes !== undefined && dims.includes(boxes.dims.at(-2)!),
      ) ?? [];
    if (name === undefined || y === undefined) return undefined;
    const batch = y.dims.length > 1 && y.dims[0] === 1 ? 1 : 0;
    const [count, classes = 1] = y.dims.slice(batch) as [number, number?];
    return Array.from({ length: count }, (_, k) => {
      const c = argmax(valuesOf(y), k * classes, classes);
      return {
        score: valuesOf(y)[k * classes + c]!,
        target: { kind: 'index', output: name, index: classes === 1 && y.dims.length === 1 + batch ? [k] : [k, c] },
      };
    });
  },
  /** [1,K,5+C]: box, objectness, classes (YOLOv5). */
  rows: (outputs) =>
    single(
      outputs,
      ({ dims: [n, k, width], dims }) => dims.length === 3 && n === 1 && k! > width! && width! > 5,
      (y, name) => {
        const [, count, width] = y.dims as [number, number, number];
        return Array.from({ length: count }, (_, k) => {
          const c = argmax(valuesOf(y), k * width + 5, width - 5);
          return { score: valuesOf(y)[k * width + 4]! * valuesOf(y)[k * width + 5 + c]!, target: product(name, [k, 4], [k, 5 + c]) };
        });
      },
    ),
  /** [1,4+C,K]: box, classes (YOLOv8). */
  columns: (outputs) =>
    single(
      outputs,
      ({ dims: [n, width, k], dims }) => dims.length === 3 && n === 1 && k! > width! && width! > 4,
      (y, name) => {
        const [, width, count] = y.dims as [number, number, number];
        return Array.from({ length: count }, (_, k) => {
          const c = argmax(valuesOf(y), 4 * count + k, width - 4, count);
          return { score: valuesOf(y)[(4 + c) * count + k]!, target: { kind: 'index', output: name, index: [4 + c, k] } };
        });
      },
    ),
  /** [1,5+C,H,W]: objectness, box, classes for each cell (FastestDet). */
  cells: (outputs) =>
    single(
      outputs,
      ({ dims }) => dims.length === 4 && dims[0] === 1 && dims[1]! > 5,
      (y, name) => {
        const [, width, h, w] = y.dims as [number, number, number, number];
        return Array.from({ length: h * w }, (_, p) => {
          const c = argmax(valuesOf(y), 5 * h * w + p, width - 5, h * w);
          const at = [Math.floor(p / w), p % w];
          return { score: valuesOf(y)[p]! * valuesOf(y)[(5 + c) * h * w + p]!, target: product(name, [0, ...at], [5 + c, ...at]) };
        });
      },
    ),
};

function single(
  outputs: Outputs,
  fits: (y: Tensor) => boolean,
  detections: (y: Tensor, name: string) => readonly Detection[],
): readonly Detection[] | undefined {
  const [name, y] = outputs.entries().next().value ?? [];
  return outputs.size === 1 && name !== undefined && y !== undefined && fits(y) ? detections(y, name) : undefined;
}

const product = (output: string, of: readonly number[], times: readonly number[]): Resolved => ({
  kind: 'product',
  of: { kind: 'index', output, index: of },
  times: { kind: 'index', output, index: times },
});

function boxOf(rank: number, outputs: Outputs): Resolved {
  for (const detections of Object.values(layouts)) {
    const found = detections(outputs);
    if (found === undefined) continue;
    const order = found.toSorted((a, b) => b.score - a.score);
    return order[rank]?.target ?? bad(`box:${rank} is beyond the ${order.length} boxes the model gives`);
  }
  const shapes = [...outputs].map(([name, { dims }]) => `${name} [${dims.join(',')}]`).join(', ');
  return bad(`no boxes are recognised in ${shapes}: name the score itself with output:NAME,index`);
}
