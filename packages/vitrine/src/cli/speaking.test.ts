import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isIntact, type TraceRecord } from '@vitrine/audit';
import { readNpy } from '@vitrine/data';
import { expect, test } from 'vitest';
import { root, workplace } from '../testing/command.js';

const stories = path.join(root, 'models/stories260k');
const { at, vitrine } = workplace();
const explain = (...args: readonly string[]) => vitrine('explain', stories, ...args);

test('a text is gone on with', async () => {
  const { code, out, err } = await explain('--prompt', 'Once upon a time', '--generate', '9');
  expect([code, err]).toEqual([0, '']);
  expect(out).toBe('Once upon a time, there was a little girl named\n\n');
});

test('what was said is explained token by token: on the terminal, in files and in the report', async () => {
  writeFileSync(at('story.txt'), 'Once upon a time, there was a girl named Lily and a boy named Tom.\n');
  const asked = '--generate 6 --method attn-lrp --trace --lens --save out --report why.html'.split(' ');
  const { code, out, err } = await explain('--part', 'document=@story.txt', '--part', 'question=Tom loved to', ...asked);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('named Tom.\n\nTom loved to play with her toys\n');
  expect(out).toMatch(/^ {4}document +[+−]/m);
  expect(out).toMatch(/^ +[+−][\d.]+ {2}Lily$/m);
  expect(out).toMatch(/^ {2}·play +\d+\.\d % .*\(question\)/m);
  expect(out).toMatch(/^ {4}layers\.4\/mlp +\d+\.\d % +·play/m);
  expect(readdirSync(at('out')).toSorted()).toEqual(
    ['lens.json', 'tokens.csv', 'trace.csv', 'trace.json', 'trace.npy', 'trace.records.jsonl'].map((end) => `attn-lrp.${end}`),
  );
  const record = JSON.parse(readFileSync(at('out/attn-lrp.trace.json'), 'utf8')) as TraceRecord;
  expect(await isIntact(record)).toBe(true);
  const { generation, rows } = record;
  expect(readNpy(new Uint8Array(readFileSync(at('out/attn-lrp.trace.npy')))).dims).toEqual([6, generation.prompt.length + 6]);
  const ids = readFileSync(at('out/attn-lrp.trace.records.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);
  expect(rows.map(({ record: id }) => id)).toEqual(ids);
  const page = readFileSync(at('why.html'), 'utf8');
  expect(page).toContain('Why did it say “play with her toys”?');
  expect(page).not.toContain('<script');
});

test('a trace needs no method: it is that of one without a patent; and JSON holds all', async () => {
  const { code, out } = await explain(
    '--prompt',
    'Once upon',
    '--generate',
    '3',
    '--trace',
    '--json',
    '--temperature',
    '1',
    '--top-k',
    '5',
    '--seed',
    '3',
  );
  expect(code).toBe(0);
  const { text, tokens, traces } = JSON.parse(out) as { text: string; tokens: readonly { text: string }[]; traces: readonly TraceRecord[] };
  expect(tokens.map((token) => token.text).join('')).toBe(text);
  expect(traces.map(({ method }) => method)).toEqual(['input-x-gradient']);
  expect(traces[0]!.generation).toMatchObject({ sampling: { temperature: 1, topK: 5 }, seed: 3 });
});

test('a path that misses its sum from zero says where to start instead', async () => {
  const asked = ['--text', 'Lily had a red ball. One day, Lily lost her red', '--method', 'integrated-gradients'];
  const zero = await explain(...asked, '--option', 'steps=20');
  expect(zero.err).toContain('start at a token, with the option baseline=unknown or baseline=pad');
  const unknown = await explain(...asked, '--option', 'steps=50', '--option', 'baseline=unknown');
  expect([unknown.code, unknown.err]).toEqual([0, '']);
});

test('a prompt without --generate is a text to explain', async () => {
  const { code, out } = await explain('--prompt', 'Once upon a', '--method', 'gradient', '--target', 'token:" time"');
  expect(code).toBe(0);
  expect(out).toMatch(/gradient {2}“ time” 1\d\./);
});

test('parts are put into the form of conversations', async () => {
  mkdirSync(at('chat'));
  for (const file of ['config.json', 'model.safetensors', 'tokenizer.json', 'generation_config.json'])
    copyFileSync(path.join(stories, file), at(`chat/${file}`));
  const missing = await vitrine('explain', at('chat'), '--prompt', 'Hello', '--chat', '--generate', '2');
  expect([missing.code, missing.err]).toEqual([
    1,
    'vitrine: there is no chat_template beside chat: it was not trained for conversations, so give the prompt as it is\n',
  ]);
  const template =
    '{{ bos_token }}{% for m in messages %}{{ m.role }} said: {{ m.content | trim }}\n{% endfor %}{% if add_generation_prompt %}assistant said:{% endif %}';
  writeFileSync(at('chat/tokenizer_config.json'), JSON.stringify({ chat_template: template, bos_token: { content: '<s>' } }));
  const args = ['--part', 'system=Be kind. ', '--part', 'document=Lily has a dog.', '--part', 'question=Who has a dog?'];
  const { code, out } = await vitrine('explain', at('chat'), ...args, '--chat', '--generate', '3', '--trace', '--json');
  expect(code).toBe(0);
  const { traces } = JSON.parse(out) as { traces: readonly TraceRecord[] };
  const told = await vitrine('explain', at('chat'), ...args, '--chat', '--generate', '3', '--trace');
  expect(told.out).toContain('system said: Be kind.\nuser said: Lily has a dog.\n\nWho has a dog?\nassistant said:');
  for (const part of ['system', 'document', 'question', 'answer so far', 'other tokens'])
    expect(told.out).toMatch(new RegExp(`^ {4}${part} +[+−]`, 'm'));
  // What a form writes itself is no part, though it be the same word.
  const same = await vitrine('explain', at('chat'), '--part', 'user=said', '--chat', '--generate', '1', '--trace', '--save', at('same'));
  expect(same.code).toBe(0);
  const rows = readFileSync(at('same/input-x-gradient.trace.csv'), 'utf8').split('\n');
  expect(rows.flatMap((row, i) => (row.includes(',user,') ? [i] : []))[0]).toBeGreaterThan(rows.findIndex((row) => row.includes(':')));
  // The template has the first token, and it is not added twice.
  expect(traces[0]!.generation.prompt.slice(0, 2)).not.toEqual([1, 1]);
  expect(traces[0]!.generation.prompt[0]).toBe(1);
});

test.each([
  [['--generate', '5'], '--generate needs a text to go on with: give one with --prompt TEXT'],
  [['--prompt', 'Once', '--part', 'a=b', '--generate', '5'], '--prompt and --part both give the prompt: give it whole, or in parts'],
  [['--part', 'question', '--generate', '5'], '--part question must be written NAME=TEXT, or NAME=@FILE'],
  [['--part', 'a=x', '--part', 'b= ', '--generate', '5'], "the prompt's part b is empty: give it some words, or leave it out"],
  [['--prompt', ' ', '--generate', '5'], 'the text is empty: give some words'],
  [['--part', 'question=@nowhere.txt', '--generate', '5'], 'there is no file nowhere.txt'],
  [['--prompt', 'Once', '--generate', '0'], 'the number of tokens to generate must be a whole number above 0, not 0'],
  [['--prompt', 'Once', '--generate', 'five'], '--generate must be a number, not five'],
  [['--prompt', 'Once', '--generate', '5', '--top-k', '3'], 'top-k and top-p choose at random: give a temperature above 0 too'],
  [['--prompt', 'Once', '--generate', '5', '--temperature', '-1'], 'temperature must be a number from 0, not -1'],
  [
    ['--prompt', 'Once', '--generate', '600'],
    '2 tokens of the prompt and 600 more are over the 512 that stories260k reads: ask for fewer, or shorten the prompt',
  ],
  [
    ['--prompt', 'Once', '--method', 'gradient', '--trace'],
    '--trace is about what the model says: have it say something with --generate N',
  ],
  [['--prompt', 'Once', '--generate', '3', '--stop', ''], 'a text to stop behind is empty'],
  [['--prompt', 'Once', '--generate', '3', '--target', '7'], '--generate explains each token that is said, and --target names a number'],
  [['--prompt', 'Once', '--generate', '3', '--pair', 'x'], '--generate is about one text, and --pair gives something beside it'],
  [['--text', 'Once', '--generate', '3', '--choice', 'x'], '--generate is about one text, and --choice gives something beside it'],
  [['--prompt', 'Once', '--method', 'gradient', '--input', 'x.npy'], '--prompt is about one text, and --input gives something beside it'],
  [['--part', 'a=Once', '--generate', '3', '--text', 'x'], '--part and --text both give the text'],
  [['--prompt', 'Once', '--generate', '3', '--text-file', 'x'], '--prompt and --text-file both give the text'],
  [['--prompt', 'Once', '--generate', '3', '--method', 'gradient', '--layer', 'x'], 'gradient takes no layer'],
  [['--prompt', 'Once', '--generate', '3', '--option', 'steps=3'], 'input-x-gradient has no option steps'],
  [['--prompt', 'Once'], 'give a method with --method NAME: vitrine methods lists them'],
  [['--prompt', 'Once', '--generate', '3', '--trace', '--answer', 'a bicycle'], '“a bicycle” was not said'],
])('%j is refused in a sentence', async (args, message) => {
  const { code, err } = await explain(...args);
  expect(code).toBe(1);
  expect(err).toContain(message);
  expect(err.trim().split('\n')).toHaveLength(1);
});

test.each([[['--lens']], [['--rather', 'a bicycle']], [['--answer', ',']], [['--report', 'why.html']], [['--token-value', 'norm']]])(
  '%j without a method explains by one without a patent',
  async (asked) => {
    const { code, out } = await explain('--prompt', 'Once upon a time', '--generate', '3', ...asked);
    expect(code).toBe(0);
    expect(out).toContain('input-x-gradient');
  },
);

test('JSON too is told that the prompt was cut', async () => {
  const { code, err } = await explain('--prompt', 'Once upon a time', '--generate', '2', '--max-tokens', '3', '--json');
  expect([code, err]).toEqual([0, 'note: the text was cut: of 5 tokens 3 are read, and “a time” is not\n']);
});

test('a method that fails does not hide why behind files that it cannot write', async () => {
  const { code, err } = await explain('--prompt', 'Once', '--generate', '2', '--method', 'grad-cam', '--save', 'none');
  expect(code).toBe(1);
  expect(err).toContain('grad-cam at');
});

test('--words says what is taken away', async () => {
  const asked = ['--prompt', 'One day. Two days. Once upon', '--generate', '2', '--method', 'occlusion', '--json'];
  const { out } = await explain(...asked, '--words', 'sentence');
  const { traces } = JSON.parse(out) as { readonly traces: readonly TraceRecord[] };
  expect(traces[0]!.methodParams).toMatchObject({ parts: 'sentence' });
});

test('a classifier does not go on with a text', async () => {
  const bert = path.join(root, 'models/bert_mini_sst2_ts_opset14.onnx');
  const { code, err } = await vitrine('explain', bert, '--prompt', 'Once upon a time', '--generate', '3');
  expect([code, err.trim().split('\n').length]).toEqual([1, 1]);
  expect(err).toContain('tells no next token');
});
