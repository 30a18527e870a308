import { summaryHtml } from '@vitrine/audit/summary';
import { explainerNamed } from '@vitrine/explain';
import type { LoadedModel } from '../model.js';
import { modelShown } from '../report.js';
import { counted } from './source.js';
import type { Summary } from './summarize.js';

/** The report of what methods say of a data set as one HTML file. */
export function summaryReport(model: LoadedModel, summaries: readonly Summary[], command: string): string {
  const [first] = summaries;
  const [target, ...others] = first?.targets ?? [];
  return summaryHtml({
    title: target === undefined || others.length > 0 ? `What decides what ${model.subject.name} says?` : `What decides “${target.target}”?`,
    model: modelShown(model),
    input: first?.record.dataName ?? '',
    sections: summaries.map((summary) => {
      const { title, paper, meaning } = explainerNamed(summary.method);
      const { method, shown, explained, noun } = summary;
      return { title, paper, meaning, file: method, shown, explained, noun, notes: notesOf(summary) };
    }),
    command,
  });
}

const TOLD = 4;

function notesOf({ all, asked, noun, failed, failures, targets }: Summary): readonly string[] {
  return [
    ...(asked < all ? [`${counted(asked, noun)} of ${all} were drawn.`] : []),
    ...(targets.length > 1
      ? [
          `Explained is the top class of each, and values speak for it: ${targets
            .slice(0, TOLD)
            .map(({ target, count }) => `${target} (${count})`)
            .join(
              ', ',
            )}${targets.length > TOLD ? ` and ${targets.length - TOLD} others` : ''}. To compare them, explain one class with --target.`,
        ]
      : []),
    ...(failed > 0 ? [`${counted(failed, noun)} failed, the first because: ${failures[0]?.message ?? 'unknown'}`] : []),
  ];
}
