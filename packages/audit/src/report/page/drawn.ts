import * as Plot from '@observablehq/plot';
import { plots } from './plots.js';

/** Charts of the page, for what is drawn before there is one. */
export const drawn = plots(Plot);
