import { numbers, type Graph, type Tensor } from '@vitrine/ir';
import { runOnce, type Feeds } from './ort.js';

/** The largest difference between the outputs of two graphs on ONNX Runtime, as a share of each output's size. @throws Error when shapes or dtypes differ */
export async function difference(before: Graph | Uint8Array, after: Graph | Uint8Array, feeds: Feeds): Promise<number> {
  const [expected, actual] = [await runOnce(before, feeds), await runOnce(after, feeds)];
  return Math.max(...[...expected].map(([name, tensor]) => distance(tensor, actual.get(name), name)));
}

export function distance(expected: Tensor, actual: Tensor | undefined, name: string): number {
  const [type, other] = [expected, actual].map((tensor) => tensor && `${tensor.dtype}[${tensor.dims.join()}]`);
  if (actual === undefined || type !== other) throw new Error(`${name} is ${other}, was ${type}`);
  if (expected.dtype === 'string') return expected.data.every((text, i) => text === actual.data[i]) ? 0 : Infinity;
  const [a, b] = [numbers(expected), numbers(actual)];
  let [worst, size] = [0, 1];
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i])) continue;
    const error = Math.abs(a[i]! - b[i]!);
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
    if (Number.isFinite(a[i]!)) size = Math.max(size, Math.abs(a[i]!));
  }
  return worst / size;
}
