import * as Plot from '@observablehq/plot';
import { drawn } from '../page/drawn.js';
import { summaryPlots } from './summaryPlots.js';

/** Charts of a summary's page, for what is drawn before there is one. */
export const drawnSummary = summaryPlots(Plot, drawn);
