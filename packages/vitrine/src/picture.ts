import { contour, heatmap, overlay, planeOf, type Drawing, type Pixels } from '@vitrine/data';
import { encodePng } from '@vitrine/data/node';
import { explainerNamed, type Attribution, type Explanation, type Parts } from '@vitrine/explain';
import { sizeOf, type Tensor } from '@vitrine/ir';
import type { Exam } from './exam.js';
import type { Loaded } from './input.js';

/** The ways an attribution is drawn over its picture. */
export const drawings = {
  overlay: { draw: overlay, caption: 'Over the picture' },
  contour: { draw: contour, caption: 'Lines around what holds 20, 50 and 80 % of what speaks for it' },
  heatmap: { draw: heatmap, caption: 'The attribution alone' },
} as const satisfies { readonly [name: string]: { readonly draw: (d: Drawing) => Pixels; readonly caption: string } };

export type DrawingName = keyof typeof drawings;

/** How an attribution lies over a picture that was given; undefined where it does not. */
export function drawingOf(exam: Exam, explanation: Explanation, { at, tensor }: Attribution): Drawing | undefined {
  const shown = exam.inputs.get(at)?.picture ?? onlyPicture(exam);
  if (shown === undefined || tensor.dims.length !== 4 || tensor.dims[0] !== 1) return undefined;
  const { signed, family } = explainerNamed(explanation.method);
  // Tokens for tokens are no place in the picture.
  if (family === 'attention' && explanation.options['show'] === 'all') return undefined;
  const layout = exam.inputs.has(at) ? shown.layout : 'NCHW';
  const own = exam.inputs.has(at);
  const [height, width] = layout === 'NHWC' ? [tensor.dims[1]!, tensor.dims[2]!] : [tensor.dims[2]!, tensor.dims[3]!];
  if (width < 2 || height < 2) return undefined;
  // An inner layer has many channels: what they say together is their sum for maps, their size for neurons.
  const how = signed || tensor.dims[layout === 'NHWC' ? 3 : 1] === 1 ? 'sum' : own ? 'absolute-sum' : 'sum';
  const tones = explanation.parts && planeOf(onParts({ at, tensor }, explanation.parts), layout);
  return { plane: planeOf(tensor, layout, how), ...(tones && { tones }), image: shown.image, geometry: shown.geometry, signed };
}

/** On each element what its part counts, not the element's share of it; where parts overlap, their mean. */
function onParts({ at, tensor }: Attribution, { values }: Parts): Tensor {
  const [sums, times] = [new Float32Array(sizeOf(tensor.dims)), new Uint16Array(sizeOf(tensor.dims))];
  for (const { value, runs } of values)
    for (const [start, end] of runs.get(at) ?? [])
      for (let e = start; e < end; e++) {
        sums[e]! += value;
        times[e]!++;
      }
  return { dtype: 'float32', dims: tensor.dims, data: sums.map((sum, e) => sum / (times[e] || 1)) };
}

function onlyPicture({ inputs }: Exam): NonNullable<Loaded['picture']> | undefined {
  const pictures = [...inputs.values()].flatMap(({ picture }) => picture ?? []);
  return pictures.length === 1 ? pictures[0] : undefined;
}

export const pngOf = (drawing: Drawing, name: DrawingName): Promise<Uint8Array> => encodePng(drawings[name].draw(drawing));

/** The picture as it was given. */
export function photograph({ image }: NonNullable<Loaded['picture']>): Promise<Uint8Array> {
  const rgba = new Uint8ClampedArray(image.width * image.height * 4);
  for (let i = 0; i < image.width * image.height; i++) {
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = 255 * image.data[image.channels === 3 ? 3 * i + c : i]!;
    rgba[4 * i + 3] = 255;
  }
  return encodePng({ width: image.width, height: image.height, rgba });
}
