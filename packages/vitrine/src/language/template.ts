import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { DataError, type ChatTemplate } from '@vitrine/data';
import { readJson } from '../input.js';

const FILE = 'chat_template.jinja';
const CONFIG = 'tokenizer_config.json';

/** The form of conversations that stands beside a tokenizer: in chat_template.jinja, or in tokenizer_config.json. Undefined where there is none. @throws DataError */
export function templateIn(folder: string): ChatTemplate | undefined {
  const [file, config] = [path.join(folder, FILE), path.join(folder, CONFIG)];
  const said = existsSync(config) ? (readJson(config) as { readonly [key: string]: unknown }) : {};
  const source = existsSync(file) ? written(file) : sourceIn(said['chat_template'], config);
  if (source === undefined) return undefined;
  const tokens = ['bos_token', 'eos_token', 'pad_token', 'unk_token'].flatMap((name) => {
    const content = contentOf(said[name]);
    return content === undefined ? [] : [[name, content] as const];
  });
  return { source, tokens: Object.fromEntries(tokens) };
}

/** @throws DataError */
function written(file: string): string {
  const about = statSync(file);
  if (!about.isFile() || about.size > MOST_BYTES) throw new DataError('malformed', `${file} is no template: one is a file of at most 4 MB`);
  return readFileSync(file, 'utf8');
}

const MOST_BYTES = 2 ** 22;

/** One template, or several by name, of which that called default counts. */
function sourceIn(given: unknown, file: string): string | undefined {
  if (given === undefined || given === null || typeof given === 'string') return given ?? undefined;
  const named = Array.isArray(given) ? (given as readonly ({ readonly name?: unknown; readonly template?: unknown } | null)[]) : [];
  const found = named.find((one) => one?.name === 'default')?.template;
  if (typeof found === 'string') return found;
  throw new DataError('malformed', `${file}: chat_template must be a text, or a list with one called default`);
}

function contentOf(token: unknown): string | undefined {
  if (typeof token === 'string') return token;
  const content = typeof token === 'object' && token !== null ? (token as { readonly content?: unknown }).content : undefined;
  return typeof content === 'string' ? content : undefined;
}
