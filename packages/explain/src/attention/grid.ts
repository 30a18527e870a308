import { isFloat, isStatic, type Graph } from '@vitrine/ir';

/** Patches of a picture among tokens: h × w of them behind `extra` others, the class token first. */
export interface Grid {
  readonly height: number;
  readonly width: number;
  readonly extra: number;
}

/** Class tokens, distillation tokens and registers. */
const MOST_EXTRA = 8;

/** How `count` tokens lie over a picture: as the convolution that cuts it into patches says, else square; undefined without a picture, and for tokens of a text beside one. */
export function gridOf(graph: Graph, count: number): Grid | undefined {
  const pictures = graph.inputs.some(({ type }) => type.shape?.length === 4 && type.dtype.startsWith('float'));
  if (!pictures) return undefined;
  const fits = (area: number): boolean => count - area >= 0 && count - area <= MOST_EXTRA && area > 1;
  for (const { opType, outputs } of graph.nodes) {
    const shape = outputs[0]?.type.shape;
    if (opType !== 'Conv' || shape?.length !== 4 || !isStatic(shape)) continue;
    const [, , height, width] = shape as readonly [number, number, number, number];
    if (fits(height * width)) return { height, width, extra: count - height * width };
  }
  // Whole numbers are a text's, whose tokens are no square.
  if (!graph.inputs.every(({ type }) => isFloat(type.dtype))) return undefined;
  const side = Math.floor(Math.sqrt(count));
  return fits(side * side) ? { height: side, width: side, extra: count - side * side } : undefined;
}
