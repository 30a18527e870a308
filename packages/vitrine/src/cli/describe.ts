import type { Conservation } from '@vitrine/explain';
import type { Answer, Exam } from '../exam.js';
import { seriesWords, toldSeries } from '../series/told.js';
import { partLines } from './parts.js';
import { ruleLines } from './rule.js';
import { rowLines } from './tables.js';
import { note, paint, plain, say, table } from './terminal.js';
import { toldLines, type Texting } from './texting.js';

/** What the model said, and each answer. */
export function describe(exam: Exam, answers: readonly Answer[], texts: Texting): void {
  const { prediction, model } = exam;
  if (prediction.classes.length > 0) {
    say(paint('bold', `${model.subject.name} says`));
    say(
      table(
        prediction.classes.map(({ label, score, probability }) => [
          label,
          score.toPrecision(5),
          probability === undefined ? '' : `${(100 * probability).toFixed(1)} %`,
        ]),
      ),
    );
    if (exam.row?.truth) say(`  the table says: ${plain(exam.row.truth.column)} ${plain(exam.row.truth.value)}`);
    say();
  }
  for (const { explanation, record, contrast } of answers) {
    const { completeness, fidelity = [], target, evaluations, warnings } = explanation;
    say(
      `${paint('bold', explanation.method)}  ${plain(target.label ?? 'target')} ${target.score.toPrecision(5)}, ${evaluations} model run${evaluations === 1 ? '' : 's'}, record ${record.id.slice(0, 12)}`,
    );
    for (const { at, part, shape, sum } of record.attributions)
      say(`  ${plain(at)}${part === undefined ? '' : ` (${part})`} [${shape.join(',')}]  sum ${sum.toPrecision(5)}`);
    for (const line of ruleLines(exam, explanation)) say(line);
    for (const line of contrast?.findings ?? []) say(`  ${plain(line)}`);
    // What is told in words of its own is not told again part by part.
    const isTold = explanation.rule !== undefined || contrast !== undefined;
    if (!isTold) for (const line of [...partLines(exam, explanation), ...rowLines(exam, explanation)]) say(line);
    for (const attribution of explanation.rule === undefined ? explanation.attributions : []) {
      const words = toldLines(exam, explanation, attribution, texts);
      if (words !== undefined) say(words);
      const series = toldSeries(exam, explanation, attribution);
      if (series !== undefined && !isTold) for (const line of seriesWords(series, target.label ?? 'it')) say(`  ${plain(line)}`);
    }
    for (const books of explanation.conservation ?? []) say(`  ${balance(books)}`);
    if (completeness)
      say(
        `  should add up to ${completeness.expected.toPrecision(5)}, misses it by ${completeness.gap.toPrecision(2)} (${((100 * Math.abs(completeness.gap)) / Math.max(Math.abs(completeness.expected), 1e-12)).toFixed(2)} %)`,
      );
    for (const { name, value, on } of fidelity) say(`  ${name} ${value.toFixed(3)} on ${on}`);
    for (const warning of warnings) note(paint('yellow', `  note: ${warning}`, process.stderr));
  }
}

/** Where the relevance of one lane went, on one line. */
function balance({ name, start, arrived, bias, stabilizer, dropped, gap }: Conservation): string {
  const parts = [
    `${arrived.toPrecision(5)} arrived`,
    `biases kept ${bias.toPrecision(3)}`,
    ...(Math.abs(stabilizer) > 1e-4 * Math.abs(start) ? [`stabilisers ${stabilizer.toPrecision(2)}`] : []),
    ...(dropped === 0 ? [] : [`${dropped.toPrecision(2)} lost where nothing contributes`]),
  ];
  return `${name} started with ${start.toPrecision(5)}: ${parts.join(', ')}; the balance misses ${gap.toPrecision(2)}`;
}
