import { readFileSync } from 'node:fs';
import type { ExplanationRecord } from '@vitrine/audit';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { checkpoints, type Tiny } from '../testing/checkpoints.js';
import { workplace, type Outcome } from '../testing/command.js';

const { at, vitrine } = workplace();
const { folder } = checkpoints();
const explain = (tiny: Tiny, ...args: readonly string[]): Promise<Outcome> =>
  vitrine('explain', folder(tiny), '--method', 'input-x-gradient', ...args);

const qa: Tiny = { checkpoint: 'bert-question', tokenizer: 'bert' };
const asked = ['--text', 'where is the tower ?', '--pair', 'the tower stands in paris, not rome'];

test('an answer is shown with its runners-up: on the terminal, as JSON and in the report', async () => {
  const { code, out, err } = await explain(qa, ...asked, '--report', 'answer.html');
  expect([code, err]).toEqual([0, '']);
  const [, best, second] = out.split('\n');
  for (const line of [best, second]) expect(line).toMatch(/^ {2}“[a-z ,]+” +-?\d\.\d+ +\d+\.\d %$/);
  const [, words] = /“([a-z ,]+)”/.exec(best!)!;
  expect(out).toContain(`input-x-gradient  “${words}” `);
  const { document } = parseHTML(readFileSync(at('answer.html'), 'utf8'));
  expect(document.querySelector('h1')!.textContent).toBe(`Why “${words}”?`);
  expect(document.querySelector('.verdict th')!.textContent).toBe('Answer');
  expect(document.querySelectorAll('.verdict tbody tr')).toHaveLength(5);

  const [record] = JSON.parse((await explain(qa, ...asked, '--json')).out) as readonly [ExplanationRecord];
  expect(record.spans).toHaveLength(5);
  const { text, start, end, label, score } = record.spans![0]!;
  expect([text, asked[3]!.slice(start, end), label]).toEqual([1, words, `“${words}”`]);
  expect(record.predicted).toMatchObject({ label, score });
  expect(record.target).toMatchObject({ kind: 'sum', name: label });
});

test('tagged words are shown with their labels', async () => {
  const named = { id2label: { 0: 'O', 1: 'I-PER', 2: 'B-PER' }, label2id: {} };
  const ner: Tiny = { checkpoint: 'electra-token', tokenizer: 'bert', config: named };
  const text = ['--text', 'john smith lives in new york'];
  const { code, out } = await explain(ner, ...text, '--target', 'tag:B-PER-tag:I-PER', '--report', 'tags.html');
  expect(code).toBe(0);
  expect(out).toMatch(/^ {2}“john smith” as PER +-?\d\.\d+ +\d+\.\d %$/m);
  expect(out).toMatch(/input-x-gradient {2}“\w+” as B-PER rather than “\w+” as I-PER /);
  const { document } = parseHTML(readFileSync(at('tags.html'), 'utf8'));
  expect(document.querySelector('.verdict th')!.textContent).toBe('Tagged words');
  expect(document.querySelector('h1')!.textContent).toMatch(/^Why “\w+” as B-PER rather than “\w+” as I-PER\?$/);
  const quiet = await explain(ner, '--text', 'good film', '--target', 'top');
  expect([quiet.code, quiet.out]).toEqual([1, '']);
  expect(quiet.err).toBe(
    'vitrine: the model tags no word of this text: name what it misses, as tag:LABEL or span:"WORDS",label:LABEL, to ask why\n',
  );
});

test('notes say which words were taken', async () => {
  const { err } = await explain(qa, ...asked, '--target', 'span:"he towe"');
  expect(err).toBe('  note: span:"he towe" ends within a token: “the tower” is taken\n');
});

test('what only a text tells cannot be compiled', async () => {
  for (const target of ['answer', 'span:"paris"-3', 'token:"a"']) {
    const { code, err } = await vitrine('compile', folder(qa), '--method', 'gradient', '--target', target, '--out', 'out.onnx');
    expect([code, err]).toEqual([
      1,
      'vitrine: a compiled explainer cannot look for boxes, masks or words: name the element with --target, as 7, 0,7 or label:NAME\n',
    ]);
  }
});
