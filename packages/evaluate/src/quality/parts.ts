import { gridOf, partsOption, pixels, removalOption, spatialAxes, type Partition, type Probe, type Tensors } from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';

/** Options of metrics that take parts away. `parts` is how examples are divided unless said otherwise, `baseline` what stands in. */
export const removing = (parts: string, baseline = 'auto') => ({
  parts: { ...partsOption, default: parts, doc: `${partsOption.doc}; ${OWN}` },
  baseline: { ...removalOption, default: baseline },
});

const OWN =
  'finest is pixels of a picture, points of a series, words of a text, features of a table; patches=N is squares N pixels wide, superpixels is slic, both of a picture, and auto of anything else';

/** The partition that an option names. @throws ExplainError 'bad-option' */
export function partitionOf(probe: Probe, given: string | Tensors): Partition {
  const { x, series } = probe.q;
  const [[name, tensor]] = [...x] as [[string, Tensor]];
  const isOne = x.size === 1;
  if (given === 'finest') {
    if (isOne && series.has(name)) return probe.partition('points');
    return isOne && isPicture(tensor) ? pixels(x) : probe.partition('auto');
  }
  if (given === 'superpixels') return probe.partition(isOne && isPicture(tensor) && !series.has(name) ? 'slic' : 'auto');
  const [, width] = (typeof given === 'string' && /^patches=([1-9]\d*)$/.exec(given)) || [];
  if (width === undefined) return probe.partition(given);
  if (!isOne || !isPicture(tensor)) return probe.partition('auto');
  return gridOf(
    x,
    spatialAxes(tensor.dims).map((axis) => Math.ceil(tensor.dims[axis]! / Number(width))),
  );
}

const isPicture = ({ dims }: Tensor): boolean => dims.length === 4;
