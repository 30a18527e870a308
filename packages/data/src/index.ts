export { baselines, type Baseline, type BaselineName, type BaselineOptions } from './baseline.js';
export { blur, blurMatrix } from './blur.js';
export { closeNames } from './closeNames.js';
export { DataError } from './error.js';
export { toGrey, toRgb, type Image, type Pixels } from './image/image.js';
export { diverging, sequential, stops } from './image/picture/colour.js';
export { normalised, planeOf, type Plane, type Reduction } from './image/picture/plane.js';
export { contour } from './image/picture/contour.js';
export { heatmap, overlay } from './image/picture/render.js';
export type { Drawing } from './image/picture/spread.js';
export { whereabouts, type Whereabouts } from './image/picture/whereabouts.js';
export { preprocess, wantedBy, type Geometry, type Preprocessed, type Wanted } from './image/preprocess.js';
export { presetNamed, presets, readPreprocess, type Preprocess, type PresetName } from './image/preprocessOptions.js';
export { resample, type Interpolation } from './image/resample.js';
export { seenIn } from './image/seen.js';
export { felzenszwalb, type FelzenszwalbOptions } from './image/segment/felzenszwalb.js';
export { quickshift, type QuickshiftOptions } from './image/segment/quickshift.js';
export type { Segmentation } from './image/segment/segmentation.js';
export { slic, type SlicOptions } from './image/segment/slic.js';
export { readLabels } from './labels.js';
export { readNpy, writeNpy } from './npy.js';
export { readNpz, writeNpz, type NpzOptions } from './npz.js';
export { normal, random } from './random.js';
export { sobolSequence } from './sobolSequence.js';
export { encoderOf, type EncodedInput, type EncodedRow, type Encoder, type Origin } from './table/encode/encoder.js';
export { schemaFor } from './table/encode/features.js';
export { fitPipeline } from './table/encode/fit.js';
export { isPipeline, readPipeline, unfitted, type Block, type Pipeline } from './table/encode/pipeline.js';
export type { Step, StepName } from './table/encode/steps.js';
export { guessSchema, type Guess } from './table/guess.js';
export { readSchema } from './table/readSchema.js';
export { sampleOf, type Sample } from './table/sample.js';
export {
  calledBy,
  featureNamed,
  missingWords,
  schemaJson,
  type Feature,
  type Format,
  type Kind,
  type Schema,
  type Value,
} from './table/schema.js';
export {
  cellOf,
  encodings,
  rowOf,
  tableOf,
  type Batch,
  type Cell,
  type Dialect,
  type Range,
  type Row,
  type RowGiven,
  type Table,
} from './table/table.js';
export { numberIn, readCell, readRow, type ReadValues } from './table/values.js';
export { isByToken, segmentValues, tokenReductions, tokenValues, type TokenReduction } from './text/aggregate.js';
export type { ChatTemplate, Message } from './text/chat.js';
export { pageTokenizer } from './text/pageTokenizer.js';
export { segmentsOf, units, withoutSpace, type Segment, type Unit } from './text/segments.js';
export { MAX_TEXT, padded, stacked, type Encoded, type EncodeOptions, type Token, type Tokenizer } from './text/tokens.js';
export { axesOf, type SeriesAxes } from './series/axes.js';
export { byNoise, changePoints } from './series/changePoints.js';
export { bandsOf, fourier } from './series/fourier.js';
export type { DelimitedOptions, Reading } from './series/delimited.js';
export { readSeriesOptions, samplesIn, type SeriesOptions } from './series/options.js';
export { prepareSeries, type PreparedSeries, type SeriesShown } from './series/prepare.js';
export { isDelimited, isSeriesFile, readSeries } from './series/read.js';
export { resampled } from './series/resample.js';
export { channelOf, interpolate, samplesOf, type Series } from './series/series.js';
