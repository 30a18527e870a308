import { toGrey, type Pixels } from '../image.js';
import { diverging, sequential, type Rgb } from './colour.js';
import { normalised, smoothed, type Plane } from './plane.js';
import { painted, UNSEEN, type Drawing } from './spread.js';

const colourFor = (signed: boolean): ((v: number) => Rgb) => (signed ? diverging : (v) => sequential(Math.max(0, v)));
const tonesOf = ({ plane, tones = plane }: Drawing): Plane => tones;
const MIDDLE_GREY = 128;

/** The attribution alone, as colours, at the picture's resolution. What the model did not see is grey. */
export function heatmap(drawing: Drawing): Pixels {
  const colourOf = colourFor(drawing.signed);
  return painted({ ...drawing, plane: normalised(tonesOf(drawing)) }, (_, v, colour) => {
    if (Number.isNaN(v)) colour.fill(MIDDLE_GREY);
    else colour.set(colourOf(v));
  });
}

/** Colour over the picture in grey, stronger where it counts more. What the model did not see is darker. */
export function overlay(drawing: Drawing): Pixels {
  const photo = toGrey(drawing.image).data;
  const colourOf = colourFor(drawing.signed);
  return painted({ ...drawing, plane: normalised(smoothed(tonesOf(drawing), 0.006)) }, (at, v, colour) => {
    // A little contrast is taken from the photograph, so that the colours read.
    const grey = 255 * (0.15 + 0.7 * photo[at]!);
    if (Number.isNaN(v)) {
      colour.fill(grey * UNSEEN);
      return;
    }
    const tone = colourOf(v);
    const cover = Math.min(0.85, 1.1 * Math.abs(v) ** 0.7);
    for (let c = 0; c < 3; c++) colour[c] = grey + cover * (tone[c]! - grey);
  });
}
