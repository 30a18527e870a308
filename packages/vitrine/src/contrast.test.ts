import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isIntact, type ExplanationRecord } from '@vitrine/audit';
import { examine, examineEach, load, type LoadedModel } from './index.js';
import { report } from './report.js';
import { filesOf } from './save.js';
import { root, workplace } from './testing/command.js';

const { at, vitrine } = workplace();
const opened: LoadedModel[] = [];
afterAll(async () => {
  for (const model of opened) await model.close();
});

async function model(name: string): Promise<LoadedModel> {
  const found = await load(path.join(root, name));
  opened.push(found);
  return found;
}
const people = path.join(root, 'examples/tables/adult.csv');

describe('rows of a table', () => {
  test('become rows of another decision, in the units of the schema', async () => {
    const adult = await model('models/adult_dice.onnx');
    for await (const { exam } of examineEach(adult, { table: people, rows: [[0, 9]] })) {
      const { explanation, contrast } = await exam!.explain({ method: 'cem', background: { table: people } });
      const { reached, decision, before, after } = explanation.contrast!;
      expect([reached, decision.kind]).toEqual([true, 'side']);
      expect(before.score > 0.5).toBe(after.score <= 0.5);
      const { changes, findings } = contrast!;
      expect(changes.length).toBeGreaterThan(0);
      // Told as a row and read again, it is what it says.
      const row: Record<string, string | number> = {};
      for (const { name, label, ...feature } of exam!.row!.features) {
        const change = changes.find((one) => one.label === (label ?? name));
        const value = change === undefined ? exam!.row!.values.get(name) : change.to;
        row[name] = feature.kind === 'number' ? Number.parseFloat(String(value)) : String(value);
        if (feature.kind === 'number') expect(Number.isInteger(row[name])).toBe(true);
        else expect(feature.categories).toContain(row[name]);
      }
      const again = await examine(adult, { row });
      const score = Number(again.prediction.outputs.get('income_over_50K')!.data[0]);
      expect(findings.at(-1)).toContain(
        `it scores ${Number(score.toPrecision(4))}: this ${score > 0.5 === before.score > 0.5 ? 'does not hold' : 'holds'}`,
      );
    }
  });

  test('have pertinent positives that say what is left', async () => {
    const exam = await examine(await model('models/adult_dice.onnx'), { table: people, row: 1 });
    const { contrast } = await exam.explain({ method: 'cem', options: { kind: 'positive' } });
    expect(contrast!.findings[0]).toMatch(
      /^With nothing but this left, income over 50K stays above 0\.5 \(income over 50K 0\.6242, there 0\.5\d*\)\.$/,
    );
    expect(contrast!.findings[1]).toMatch(
      /^What is left: .*marital status Married.*All else is at the baseline, which may be no value of it\.$/,
    );
  });

  test('that the model encodes itself are named, and it is said that they are no row', async () => {
    const exam = await examine(await model('packages/vitrine/testdata/tables/network.onnx'), { row: { age: 53, education: 'School', marital_status: 'Married', gender: 'Male', 'hours-per-week': 40 } }); // prettier-ignore
    const { contrast, explanation } = await exam.explain({ method: 'cem', options: { weights: 3 } });
    expect(contrast!.findings.length).toBeGreaterThan(0);
    if (explanation.contrast!.moved > 0)
      expect(contrast!.findings.at(-1)).toContain('The model encodes these columns itself, so that it is not told as a row.');
  });

  test('are told on the terminal, in files, in the record and in the report', async () => {
    const { code, out, err } = await vitrine('explain', path.join(root, 'models/adult_dice.onnx'), '--input', people, '--row', '3', '--method', 'cem', '--background', people, '--save', 'out', '--report', 'why.html'); // prettier-ignore
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^ {2}With this changed, income over 50K is above 0\.5 \(income over 50K 0\.221, there 0\.\d+\)\.$/m);
    expect(out).toMatch(/^ {2}What is different: .+ instead of .+\.$/m);
    const sheet = readFileSync(at('out/cem.changes.csv'), 'utf8').trimEnd().split('\n');
    expect(sheet[0]).toBe('feature,from,to');
    const kept = JSON.parse(readFileSync(at('out/cem.json'), 'utf8')) as ExplanationRecord;
    expect(await isIntact(kept)).toBe(true);
    expect(kept.contrast!.changes).toHaveLength(sheet.length - 1);
    expect(kept.contrast!.point['dense_input']).toMatch(/^[0-9a-f]{64}$/);
    const page = readFileSync(at('why.html'), 'utf8');
    expect(page).toContain('With this changed');
    expect(page).not.toContain('speaks for');
    expect(page).not.toContain('speak most for');
  });
});

test('words of a text are told by how far their vectors move, with a note', async () => {
  const exam = await examine(await model('models/bert_mini_sst2_ts_opset14.onnx'), {
    text: 'The acting is not good but I loved every minute',
  });
  for (const kind of ['negative', 'positive']) {
    const answer = await exam.explain({ method: 'cem', options: { kind, steps: 40 } });
    expect(answer.explanation.contrast!.reached).toBe(true);
    expect(answer.contrast!.findings[0]).toContain(
      kind === 'negative' ? 'the model says bad rather than good' : 'the model still says good',
    );
    expect(answer.explanation.warnings.join()).toContain('it tells which words matter, and not which to write in their place');
  }
});

test('a picture becomes one of another class, and the point that is saved is of it', async () => {
  const net = await model('models/squeezenet1.1.onnx');
  const exam = await examine(net, path.join(root, 'examples/pictures/cat.jpg'));
  const answer = await exam.explain({ method: 'cem', options: { steps: 8, weights: 2, c: 8 } });
  const { reached, after, point, moved, of } = answer.explanation.contrast!;
  expect(reached).toBe(true);
  expect(moved / of).toBeLessThan(0.2);
  const other = await examine(net, point.get('data')!);
  expect(other.prediction.classes[0]!.index.at(-1)).toBe(after.class);
  expect([...(await filesOf(exam, answer)).keys()]).toContain('cem.point.npy');
  expect(await report(exam, [answer], 'vitrine')).toContain('numbers move');
});

test('a series becomes one of another class, by moments of it', async () => {
  const events = await model('models/events_cnn.onnx');
  for await (const { exam } of examineEach(events, path.join(root, 'golden/series/events.ts'))) {
    const answer = await exam!.explain({ method: 'cem', options: { additions: false } });
    const { explanation, contrast } = answer;
    expect(explanation.contrast!.reached).toBe(true);
    expect(contrast!.findings[0]).toMatch(/the model says (bump|burst|step) rather than (bump|burst|step)/);
    expect(explanation.contrast!.moved).toBeLessThan(200);
    const page = await report(exam!, [answer], 'vitrine');
    expect(page).toContain('how far each moment moves; bars up are more, bars down less');
  }
});
