import type { DecompositionTable } from '../../decomposition.js';
import { deformable } from './deform.js';
import { determinants } from './determinant.js';
import { grids } from './grid.js';
import { images } from './image.js';
import { regions } from './roi.js';
import { spectra } from './spectrum.js';

/** Sampling, geometry and spectra. */
export const sampling = { ...deformable, ...determinants, ...grids, ...images, ...regions, ...spectra } satisfies DecompositionTable;
