export { baselines, type Baseline, type BaselineName, type BaselineOptions } from './baseline.js';
export { blur, blurMatrix } from './blur.js';
export { DataError } from './error.js';
export { toGrey, toRgb, type Image, type Pixels } from './image/image.js';
export { diverging, sequential, stops } from './image/picture/colour.js';
export { normalised, planeOf, type Plane, type Reduction } from './image/picture/plane.js';
export { contour, heatmap, overlay, type Drawing } from './image/picture/render.js';
export {
  preprocess,
  presetNamed,
  presets,
  readPreprocess,
  wantedBy,
  type Geometry,
  type Preprocess,
  type Preprocessed,
  type PresetName,
  type Wanted,
} from './image/preprocess.js';
export { resample, type Interpolation } from './image/resample.js';
export { readLabels } from './labels.js';
export { readNpy, writeNpy } from './npy.js';
export { readNpz, writeNpz } from './npz.js';
export { normal, random } from './random.js';
