import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isIntact } from '@vitrine/audit';
import { examine, examineEach, load, type Answer, type Exam, type LoadedModel, type LoadOptions } from './index.js';
import { report } from './report.js';
import { toldRule, type ToldRule } from './rule.js';
import { filesOf } from './save.js';
import { root, workplace } from './testing/command.js';

const { vitrine } = workplace();
const opened: LoadedModel[] = [];
afterAll(async () => {
  for (const model of opened) await model.close();
});

async function model(name: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const found = await load(path.join(root, name), options);
  opened.push(found);
  return found;
}
const people = path.join(root, 'examples/tables/adult.csv');
const told = (exam: Exam, { explanation }: Answer): ToldRule => toldRule(exam, explanation)!;

describe('rows of a table', () => {
  test('have rules in the words and units of the schema, and the numbers obey them', async () => {
    const exam = await examine(await model('models/adult_dice.onnx'), { table: people, row: 1 });
    const answer = await exam.explain({ method: 'anchors', background: { table: people } });
    const { conditions, keeps, applies } = told(exam, answer);
    const byPart = new Map(answer.explanation.rule!.conditions.map(({ name }, i) => [name, conditions[i]!.text]));
    expect(byPart.get('marital_status')).toBe('marital status = Married');
    expect(byPart.get('age')).toMatch(/^(\d+ < )?age (> \d+|≤ \d+) years$/);
    for (const number of byPart.get('age')!.match(/\d+/g)!) expect(Number(number)).toBeLessThanOrEqual(90);
    expect(keeps).toMatch(/^Income over 50K stays above 0\.5 in [\d.]+ % of \d+ samples \([\d.]+ % to [\d.]+ % with confidence 95 %\)\.$/);
    expect(applies).toMatch(/^It applies to [\d.]+ % of 100 rows of the background/);
  });

  test('keep the decision of real rows that a rule applies to', async () => {
    const adult = await model('models/adult_dice.onnx');
    const exam = await examine(adult, { table: people, row: 3 });
    const answer = await exam.explain({ method: 'anchors', background: { table: people, count: 200 } });
    const { text } = told(exam, answer);
    expect(text).toContain('education = School');
    const [, hours] = /works ≤ (\d+) hours a week/.exec(text) ?? [];
    let [applies, stays] = [0, 0];
    for await (const { exam: other } of examineEach(adult, { table: people })) {
      const values = other!.row!.values;
      if (values.get('education') !== 'School' || (hours !== undefined && Number(values.get('hours_per_week')) > Number(hours))) continue;
      applies++;
      stays += Number(Number(other!.prediction.outputs.get('income_over_50K')!.data[0]) <= 0.5);
    }
    expect(applies).toBeGreaterThan(5);
    expect(stays / applies).toBeGreaterThan(0.9);
  });

  test('of a pipeline that encodes them itself are told in its columns', async () => {
    const exam = await examine(await model('packages/vitrine/testdata/tables/network.onnx'), { row: { age: 53, education: 'School', marital_status: 'Married', gender: 'Male', 'hours-per-week': 40 } }); // prettier-ignore
    const answer = await exam.explain({ method: 'anchors', options: { samples: 1000 } });
    for (const { text } of told(exam, answer).conditions) expect(text).toMatch(/^(age|education|marital_status|gender|hours-per-week) = /);
  });
});

test('words of a text are a rule', async () => {
  const exam = await examine(await model('models/bert_mini_sst2_ts_opset14.onnx'), {
    text: 'The acting is not good but I loved every minute',
  });
  const answer = await exam.explain({ method: 'anchors' });
  const { text, conditions } = told(exam, answer);
  expect(text).toContain('“loved”');
  expect(conditions.length).toBeLessThan(6);
  expect(answer.explanation.rule!.precision.low).toBeGreaterThanOrEqual(0.95);
  expect(answer.record.rule).toMatchObject({ text, threshold: 0.95, kept: { kind: 'class' } });
  expect(await isIntact(answer.record)).toBe(true);
  const files = await filesOf(exam, answer);
  const sheet = new TextDecoder().decode(files.get('anchors.rule.csv')!).trimEnd().split('\n');
  expect(sheet[0]).toBe('part,condition,rise');
  expect(sheet).toHaveLength(1 + conditions.length);
  const page = await report(exam, [answer], 'vitrine');
  expect(page).toContain('loved');
  expect(page).toMatch(/measured on \d+ samples that played no part in finding it/);
  expect(page).not.toContain('speaks for');
});

test('regions of a picture are a rule', async () => {
  const exam = await examine(await model('models/squeezenet1.1.onnx'), path.join(root, 'examples/pictures/cat.jpg'));
  const answer = await exam.explain({ method: 'anchors', options: { parts: 'grid=3x3', samples: 400 } });
  expect(told(exam, answer).text).toMatch(/^cell \d+–\d+, \d+–\d+/);
  expect(await report(exam, [answer], 'vitrine')).toContain('what is marked is there');
});

test('stretches of a series are a rule, and one of them is of the channel of its event', async () => {
  const events = await model('models/events_cnn.onnx');
  const { examples } = JSON.parse(readFileSync(path.join(root, 'golden/series/events.json'), 'utf8')) as { readonly examples: readonly { readonly channel: number }[] }; // prettier-ignore
  for await (const { exam, number } of examineEach(events, path.join(root, 'golden/series/events.ts'))) {
    const answer = await exam!.explain({ method: 'anchors', options: { parts: 'windows=0.2s:channels', samples: 1500 } });
    for (const { text } of told(exam!, answer).conditions) expect(text).toMatch(/^[\d.]+–[\d.]+ s of [abc]$/);
    expect(answer.explanation.rule!.precision.value).toBeGreaterThan(0.8);
    const { channel } = examples[number]!;
    if (answer.explanation.rule!.conditions.length > 0) expect(told(exam!, answer).text).toContain(`s of ${'abc'[channel]}`);
  }
});

test('the command says the rule, how surely it holds, and where it applies', async () => {
  const { out, code } = await vitrine('explain', path.join(root, 'models/adult_dice.onnx'), '--input', people, '--row', '3', '--method', 'anchors', '--background', people); // prettier-ignore
  expect(code).toBe(0);
  expect(out).toMatch(/ {2}if .*education = School/);
  expect(out).toMatch(/Income over 50K stays at most 0\.5 in [\d.]+ % of \d+ samples/);
  expect(out).toMatch(/It applies to [\d.]+ % of 100 rows of the background/);
});
