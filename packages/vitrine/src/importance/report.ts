import { importanceHtml } from '@vitrine/audit';
import type { LoadedModel } from '../model.js';
import { modelShown } from '../report.js';
import { counted } from '../summary/source.js';
import type { ImportanceSummary } from './importance.js';

/** The report of what features are worth as one HTML file. */
export function importanceReport(model: LoadedModel, found: ImportanceSummary, command: string): string {
  const { features, metric, base, rows, all, asked, failed, unlabelled, notes, record } = found;
  return importanceHtml({
    model: modelShown(model),
    input: record.dataName,
    metric,
    base,
    rows,
    repeats: features[0]?.repeats.length ?? 0,
    features: features.map(({ label, name, ...feature }) => ({ ...feature, name: label ?? name })),
    notes: [
      ...notes,
      ...(asked < all ? [`${counted(asked, 'row')} of ${all} were drawn`] : []),
      ...(unlabelled > 0 ? [`${counted(unlabelled, 'row')} do not say what is true, and were left out`] : []),
      ...(failed > 0 ? [`${counted(failed, 'row')} could not be read`] : []),
      ...features.flatMap(({ label, name, constant }) => (constant ? [`${label ?? name} is the same in all rows`] : [])),
    ],
    command,
  });
}
