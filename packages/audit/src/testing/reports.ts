import { record } from '../provenance.js';
import type { ReportParts, Section } from '../report/report.js';
import { parts } from './parts.js';

export const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';
const written = await record(parts);

/** A method's answer without pictures and charts. */
export const plainSection = (given: Partial<Section> = {}): Section => ({
  title: 'Integrated gradients',
  paper: 'Sundararajan et al. 2017',
  meaning: 'how much it adds to the score',
  signed: true,
  findings: [],
  legend: [],
  pictures: [],
  charts: [],
  record: written,
  caveats: [],
  ...given,
});

/** A report of one answer. */
export const reportOf = (section: Partial<Section>, more: Partial<ReportParts> = {}): ReportParts => ({
  model: { name: 'model.onnx', digest: 'model-digest', facts: [] },
  input: { name: 'people.csv, row 3' },
  classes: { best: [], given: false },
  question: 'Why “income over 50K”?',
  sections: [plainSection(section)],
  command: 'vitrine explain model.onnx',
  ...more,
});
