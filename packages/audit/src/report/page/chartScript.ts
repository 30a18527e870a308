import { ticksOf, timeScale } from '../axis.js';
import { inlined, type Inlined } from './inline.js';
import { pageHtml } from './pageHtml.js';
import { seriesPage } from './seriesPage.js';
import { seriesPlots } from './seriesPlots.js';
import { sorting } from './sorting.js';
import { tips } from './tips.js';

const made = new Map<boolean, Inlined>();

/** The script of pages with charts: values where one points, tables that sort, and series that are looked at closely where there are some. */
export function chartScript(hasSeries: boolean): Inlined {
  const script =
    made.get(hasSeries) ??
    inlined(`'use strict';
(${String(tips)})(document);
(${String(sorting)})(document);
${hasSeries ? `(${String(seriesPage)})(document, (width) => (${String(seriesPlots)})((${String(pageHtml)})(), ${String(ticksOf)}, ${String(timeScale)}, width));` : ''}`);
  made.set(hasSeries, script);
  return script;
}
