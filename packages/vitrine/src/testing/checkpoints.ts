import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { load, type LoadedModel } from '../model.js';
import { root } from './command.js';

/** Words that the tokenizers of tests know; a word that is none of them is split into letters. */
const WORDS =
  'the a of in is was and , . ? ! where who what tower stands paris rome new york john smith lives river city old film good bad not 😀'.split(
    ' ',
  );
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'].flatMap((letter) => [letter, `##${letter}`]);

interface Added {
  readonly specials: readonly string[];
  /** Around one text and around two, in the language of tokenizer.json. */
  readonly single: readonly object[];
  readonly pair: readonly object[];
}

const special = (id: string, type_id = 0): object => ({ SpecialToken: { id, type_id } });
const sequence = (id: 'A' | 'B', type_id = 0): object => ({ Sequence: { id, type_id } });

/** Kinds of tokenizer.json, by what they add. */
const kinds = {
  bert: {
    specials: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
    single: [special('[CLS]'), sequence('A'), special('[SEP]')],
    pair: [special('[CLS]'), sequence('A'), special('[SEP]'), sequence('B', 1), special('[SEP]', 1)],
  },
  roberta: {
    specials: ['<s>', '<pad>', '</s>', '<unk>', '<mask>'],
    single: [special('<s>'), sequence('A'), special('</s>')],
    pair: [special('<s>'), sequence('A'), special('</s>'), sequence('B'), special('</s>')],
  },
  plain: { specials: ['[PAD]', '[UNK]'], single: [sequence('A')], pair: [sequence('A'), sequence('B')] },
  /** As of the few models that go on with a text and have a mask. */
  masking: { specials: ['[PAD]', '[UNK]', '<mask>'], single: [sequence('A')], pair: [sequence('A'), sequence('B')] },
} satisfies { readonly [kind: string]: Added };

/** A tokenizer.json of at most 97 tokens. */
export function tinyTokenizer(kind: keyof typeof kinds): string {
  const { specials, single, pair } = kinds[kind];
  const vocab = Object.fromEntries([...specials, ...WORDS, ...LETTERS].slice(0, 97).map((token, id) => [token, id]));
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return JSON.stringify({
    version: '1.0',
    added_tokens: specials.map((content, id) => ({ id, content, ...flags })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair,
      special_tokens: Object.fromEntries(specials.map((id, i) => [id, { id, ids: [i], tokens: [id] }])),
    },
    model: {
      type: 'WordPiece',
      unk_token: specials.find((token) => /unk/i.test(token)),
      vocab,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
  });
}

/** A golden checkpoint as a folder with a tokenizer; `config` lies over its config.json. */
export interface Tiny {
  readonly checkpoint: string;
  readonly tokenizer: keyof typeof kinds;
  readonly config?: object;
}

/** Folders of a test file's own, gone when its tests are done, and the models that were opened. */
export function checkpoints(): { readonly folder: (tiny: Tiny) => string; readonly open: (tiny: Tiny) => Promise<LoadedModel> } {
  let scratch: string;
  const opened: LoadedModel[] = [];
  beforeAll(() => {
    scratch = mkdtempSync(path.join(os.tmpdir(), 'vitrine-tiny-'));
  });
  afterAll(async () => {
    for (const model of opened) await model.close();
    rmSync(scratch, { recursive: true, force: true });
  });
  const folder = ({ checkpoint, tokenizer, config }: Tiny): string => {
    const from = path.join(root, 'golden/huggingface', checkpoint);
    const to = mkdtempSync(path.join(scratch, `${checkpoint}-`));
    mkdirSync(to, { recursive: true });
    copyFileSync(path.join(from, 'model.safetensors'), path.join(to, 'model.safetensors'));
    const own = JSON.parse(readFileSync(path.join(from, 'config.json'), 'utf8')) as object;
    writeFileSync(path.join(to, 'config.json'), JSON.stringify({ ...own, ...config }));
    writeFileSync(path.join(to, 'tokenizer.json'), tinyTokenizer(tokenizer));
    return to;
  };
  const open = async (tiny: Tiny): Promise<LoadedModel> => {
    const model = await load(folder(tiny));
    opened.push(model);
    return model;
  };
  return { folder, open };
}
