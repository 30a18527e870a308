import type { Dim, Shape } from '../graph.js';
import { broadcast, dtypeFrom, shapeOf, type InferContext, type InferTable } from './context.js';
import { MAX_RANK } from '../tensor.js';
import { positions, span, windows, type WindowAttrs } from './window.js';

/** Products and convolutions. */
export const linear = {
  MatMul: (c) => [matmul(c, shapeOf(c.x[0]), shapeOf(c.x[1]))],
  MatMulInteger: (c) => [matmul(c, shapeOf(c.x[0]), shapeOf(c.x[1]))],
  QLinearMatMul: (c) => [matmul(c, shapeOf(c.x[0]), shapeOf(c.x[3]))],
  'com.microsoft.DynamicQuantizeMatMul': (c) => [matmul(c, shapeOf(c.x[0]), shapeOf(c.x[1]))],
  'com.microsoft.MatMulIntegerToFloat': (c) => [matmul(c, shapeOf(c.x[0]), shapeOf(c.x[1]))],
  'com.microsoft.FusedMatMul': (c) => [fusedMatMul(c)],
  'com.microsoft.TransposeMatMul': (c) => [fusedMatMul(c)],
  'com.microsoft.MatMulNBits': ({ x: [a], attrs: { N } }) => [[...shapeOf(a).slice(0, -1), N]],
  Gemm: (c) => [gemm(c, shapeOf(c.x[0]), shapeOf(c.x[1]), c.attrs)],
  'com.microsoft.FusedGemm': (c) => [gemm(c, shapeOf(c.x[0]), shapeOf(c.x[1]), c.attrs)],
  'com.microsoft.QGemm': (c) => [
    {
      dtype: c.x[8] === undefined ? 'float32' : dtypeFrom(c, undefined, c.x[8]),
      shape: gemm(c, shapeOf(c.x[0]), shapeOf(c.x[3]), c.attrs),
    },
  ],
  Conv: (c) => [conv(c, shapeOf(c.x[0]), shapeOf(c.x[1]), c.attrs)],
  ConvInteger: (c) => [conv(c, shapeOf(c.x[0]), shapeOf(c.x[1]), c.attrs)],
  QLinearConv: (c) => [conv(c, shapeOf(c.x[0]), shapeOf(c.x[3]), c.attrs)],
  DeformConv: (c) => [conv(c, shapeOf(c.x[0]), shapeOf(c.x[1]), c.attrs)],
  'com.microsoft.FusedConv': (c) => [conv(c, shapeOf(c.x[0]), shapeOf(c.x[1]), c.attrs)],
  ConvTranspose: (c) => [convTranspose(c, shapeOf(c.x[0]), shapeOf(c.x[1]), c.attrs)],
  Einsum: (c) => [einsumShape(c, c.attrs.equation, c.x.map(shapeOf))],
  Det: ({ x: [x] }) => [shapeOf(x).slice(0, -2)],
} satisfies InferTable;

type Fresh = Pick<InferContext, 'fail' | 'fresh'>;

function matmul(c: Fresh, a: Shape, b: Shape): Shape {
  if (a.length === 0 || b.length === 0) c.fail('a scalar has no matrix product');
  const inner = [a.at(-1)!, b.at(-2) ?? b[0]!] as const;
  if (typeof inner[0] === 'number' && typeof inner[1] === 'number' && inner[0] !== inner[1])
    c.fail(`[${a.join(',')}] times [${b.join(',')}]: inner extents ${inner[0]} and ${inner[1]} differ`);
  const batch = broadcast(c, a.slice(0, -2), b.slice(0, -2));
  return [...batch, ...(a.length > 1 ? [a.at(-2)!] : []), ...(b.length > 1 ? [b.at(-1)!] : [])];
}

const swapped = (shape: Shape): Shape => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];

/** The first axis behind the batch axes: where com.microsoft's products find their rows when asked to transpose the batch. */
const rowsFirst = (shape: Shape): Shape => [...shape.slice(1, -1), shape[0]!, shape.at(-1)!];

export function fusedMatMul(c: InferContext<'com.microsoft.FusedMatMul' | 'com.microsoft.TransposeMatMul'>): Shape {
  const { transA, transB, transBatchA, transBatchB } = { transBatchA: 0, transBatchB: 0, ...c.attrs };
  const operand = (shape: Shape, batch: number, last: number): Shape => {
    const turned = batch && shape.length > 2 ? rowsFirst(shape) : shape;
    return last && shape.length > 1 ? swapped(turned) : turned;
  };
  return matmul(c, operand(shapeOf(c.x[0]), transBatchA, transA), operand(shapeOf(c.x[1]), transBatchB, transB));
}

function gemm(c: Fresh, a: Shape, b: Shape, { transA, transB }: { readonly transA: number; readonly transB: number }): Shape {
  if (a.length !== 2 || b.length !== 2) c.fail(`needs two matrices, got [${a.join(',')}] and [${b.join(',')}]`);
  return matmul(c, transA ? swapped(a) : a, transB ? swapped(b) : b);
}

export function conv(c: Fresh, x: Shape, w: Shape, attrs: WindowAttrs & { readonly group: number }): Shape {
  if (x.length < 3 || x.length !== w.length)
    c.fail(`input [${x.join(',')}] and weight [${w.join(',')}] must have the same rank, 3 or more`);
  const kernel = w.slice(2);
  if (kernel.some((k) => typeof k === 'string')) return [x[0]!, w[0]!, ...x.slice(2).map(() => c.fresh())];
  const [channels, perGroup] = [x[1]!, w[1]!];
  if (typeof channels === 'number' && typeof perGroup === 'number' && channels !== perGroup * attrs.group)
    c.fail(`${channels} channels do not match a weight for ${perGroup} channels in ${attrs.group} groups`);
  const spatial = windows(c, attrs, kernel as readonly number[], x.slice(2));
  return [x[0]!, w[0]!, ...spatial.map((window, i) => positions(c, x[i + 2]!, window, attrs))];
}

function convTranspose(
  c: Fresh,
  x: Shape,
  w: Shape,
  attrs: WindowAttrs & {
    readonly group: number;
    readonly output_padding?: readonly number[] | undefined;
    readonly output_shape?: readonly number[] | undefined;
  },
): Shape {
  if (x.length < 3 || x.length !== w.length)
    c.fail(`input [${x.join(',')}] and weight [${w.join(',')}] must have the same rank, 3 or more`);
  const kernel = w.slice(2);
  const channels: Dim = typeof w[1] === 'number' ? w[1] * attrs.group : c.fresh();
  if (kernel.some((k) => typeof k === 'string')) return [x[0]!, channels, ...kernel.map(() => c.fresh())];
  const same = attrs.auto_pad?.startsWith('SAME') ?? false;
  const plain = windows(c, { ...attrs, auto_pad: same ? 'NOTSET' : attrs.auto_pad }, kernel as readonly number[], x.slice(2));
  return [
    x[0]!,
    channels,
    ...plain.map((window, i) => {
      const asked = attrs.output_shape?.length ? attrs.output_shape.at(i - plain.length) : undefined;
      if (asked !== undefined) return asked;
      const extent = x[i + 2]!;
      if (typeof extent === 'string') return c.fresh();
      if (same) return extent * window.stride;
      return (extent - 1) * window.stride + (attrs.output_padding?.[i] ?? 0) + span(window) - window.padBegin - window.padEnd;
    }),
  ];
}

/** An einsum equation as label lists; the ellipsis is spelt out as '0', '1', … counted from the right. */
export interface Equation {
  readonly terms: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** Parses `equation` for operands of these ranks. */
export function parseEinsum(c: Pick<InferContext, 'fail'>, equation: string, ranks: readonly number[]): Equation {
  const [left, right] = equation.replace(/\s/g, '').split('->') as [string, string | undefined];
  const terms = left.split(',');
  if (terms.length !== ranks.length) c.fail(`equation '${equation}' has ${terms.length} terms for ${ranks.length} inputs`);
  const dots = (term: string, rank: number): readonly string[] => {
    const count = rank - term.replace('...', '').length;
    // Length comes first: the pattern takes time squared in it.
    if (term.length > MAX_RANK + 3 || count < 0 || (count > 0 && !term.includes('...')) || !/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term))
      c.fail(`term '${term}' of '${equation}' does not fit an input of rank ${rank}`);
    const [head, tail] = term.split('...') as [string, string | undefined];
    return tail === undefined ? [...head] : [...head, ...Array.from({ length: count }, (_, i) => String(count - 1 - i)), ...tail];
  };
  const labels = terms.map((term, i) => dots(term, ranks[i]!));
  const ellipsis = labels.flat().filter((l) => /\d/.test(l));
  const widest = ellipsis.reduce((most, l) => Math.max(most, Number(l) + 1), 0);
  if (right !== undefined)
    return { terms: labels, output: dots(right, right.replace('...', '').length + (right.includes('...') ? widest : 0)) };
  const times = new Map<string, number>();
  for (const label of labels.flat()) times.set(label, (times.get(label) ?? 0) + 1);
  const once = [...times].flatMap(([label, n]) => (n === 1 && !/\d/.test(label) ? [label] : []));
  return { terms: labels, output: [...Array.from({ length: widest }, (_, i) => String(widest - 1 - i)), ...once.toSorted()] };
}

function einsumShape(c: Fresh, equation: string, shapes: readonly Shape[]): Shape {
  const { terms, output } = parseEinsum(
    c,
    equation,
    shapes.map((s) => s.length),
  );
  const extents = new Map<string, Dim>();
  terms.forEach((labels, i) =>
    labels.forEach((label, axis) => {
      const [dim, seen] = [shapes[i]![axis]!, extents.get(label)];
      if (seen === undefined || seen === 1) extents.set(label, dim);
      else if (typeof seen === 'number' && typeof dim === 'number' && dim !== 1 && dim !== seen)
        c.fail(`label '${label}' of '${equation}' stands for both ${seen} and ${dim}`);
      else if (typeof seen === 'string' && typeof dim === 'number' && dim !== 1) extents.set(label, dim);
    }),
  );
  return output.map((label) => extents.get(label) ?? c.fail(`label '${label}' of '${equation}' stands in no input`));
}
