import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { inlined, type Inlined } from '../page/inline.js';
import { plots } from '../page/plots.js';
import { sorting } from '../page/sorting.js';
import { tips } from '../page/tips.js';
import { summaryPageHtml, type SummaryReport } from './summaryHtml.js';
import { summaryPage } from './summaryPage.js';
import { summaryPlots } from './summaryPlots.js';

/** Libraries that draw in the page, as they are published: beside what is imported of them. */
const LIBRARIES = [
  ['d3', 'd3.min.js'],
  ['@observablehq/plot', '../dist/plot.umd.min.js'],
] as const;

let script: Inlined | undefined;

/** The libraries and what is ours, as one script. */
function scriptOf(): Inlined {
  const { resolve } = createRequire(import.meta.url);
  const libraries = LIBRARIES.map(([name, file]) => readFileSync(path.join(path.dirname(resolve(name)), file), 'utf8'));
  const own = `(() => {
'use strict';
const base = (${String(plots)})(Plot);
(${String(tips)})(document);
(${String(sorting)})(document);
(${String(summaryPage)})(document, Plot, base, (${String(summaryPlots)})(Plot, base));
})();`;
  return inlined([...libraries, own].join('\n'));
}

/** A report on many explained rows in one file: its charts are drawn again in the page, as its reader asks. */
export const summaryHtml = (report: SummaryReport): string => summaryPageHtml(report, (script ??= scriptOf()));
