import type { Command } from 'commander';
import { ExplainError } from '@vitrine/explain';
import type { PromptGiven, PromptPart } from '../language/prompt.js';
import type { Speaking } from '../language/speak.js';
import { readTextFile } from '../textFile.js';
import { textOf, type Texting } from './texting.js';

export interface Generating extends Texting {
  readonly input?: readonly string[];
  readonly target?: string;
  readonly prompt?: string;
  readonly part?: readonly string[];
  readonly chat?: boolean;
  readonly generate?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  readonly trace?: boolean;
  readonly answer?: string;
  readonly rather?: string;
  readonly lens?: boolean;
  readonly seed: number;
}

const bad = (message: string): never => {
  throw new ExplainError('bad-option', message);
};
const number =
  (name: string) =>
  (text: string): number =>
    text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : bad(`${name} must be a number, not ${text}`);
const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Options of commands that have a model go on with a text. */
export const generating = (command: Command): Command =>
  command
    .option('--prompt <text>', 'a text to go on with, for models that tell the next token')
    .option('--part <name=text>', 'a part of the prompt, as system=…, document=@FILE or question=… (repeat for several)', gather)
    .option('--chat', 'put the parts into the form of conversations that the model was trained with')
    .option('--generate <n>', 'have the model say up to so many tokens, and explain them', number('--generate'))
    .option(
      '--temperature <t>',
      'draw tokens at random: the lower, the likelier ones (default: always the likeliest)',
      number('--temperature'),
    )
    .option('--top-k <k>', 'draw from the k likeliest only', number('--top-k'))
    .option('--top-p <p>', 'draw from the likeliest whose probabilities reach p', number('--top-p'))
    .option('--stop <text>', 'end behind this text (repeat for several)', gather)
    .option('--trace', 'tell of each token that was said what it owes to those before it')
    .option('--answer <words>', 'explain only these words of what was said')
    .option('--rather <text>', 'why what was said rather than this; runner-up for the likeliest other token at each place')
    .option('--lens', 'tell what the model would say behind each layer');

/** The prompt that the options give; undefined where they give none. @throws ExplainError 'bad-option', DataError naming a file */
export async function promptOf(options: Generating): Promise<PromptGiven | undefined> {
  const { prompt, part, chat, maxTokens, generate, decoderText } = options;
  if (prompt !== undefined && part !== undefined) bad('--prompt and --part both give the prompt: give it whole, or in parts');
  const mine = generate !== undefined ? '--generate' : prompt !== undefined ? '--prompt' : part !== undefined ? '--part' : undefined;
  if (mine !== undefined && options.texts !== undefined)
    bad(`${mine} is about one text, and --texts gives several: give one with --prompt TEXT`);
  if (mine !== undefined) checkAlone(mine, options);
  const text = prompt === undefined && part === undefined && generate !== undefined ? await textOf(options) : undefined;
  if (generate !== undefined && prompt === undefined && part === undefined && text === undefined)
    bad('--generate needs a text to go on with: give one with --prompt TEXT');
  const given = part === undefined ? (prompt ?? (text && 'text' in text ? text.text : undefined)) : await Promise.all(part.map(partOf));
  if (given === undefined) {
    if (chat) bad('--chat is about a prompt: give one with --prompt TEXT, or with --part NAME=TEXT');
    return undefined;
  }
  // A prompt without parts is what the user says.
  return { prompt: chat && typeof given === 'string' ? [{ name: 'user', text: given }] : given, chat, maxTokens, decoderText };
}

/** @throws ExplainError 'bad-option' where what is given beside a prompt would not be read */
function checkAlone(mine: string, { prompt, part, text, textFile, pair, choice, input, generate, target }: Generating): void {
  const whole = prompt !== undefined ? '--prompt' : part !== undefined ? '--part' : undefined;
  const other = text !== undefined ? '--text' : textFile !== undefined ? '--text-file' : undefined;
  if (whole !== undefined && other !== undefined) bad(`${whole} and ${other} both give the text: give one of them`);
  const beside = { '--pair': pair, '--choice': choice, '--input': input };
  const first = Object.entries(beside).find(([, value]) => value !== undefined)?.[0];
  if (first !== undefined) bad(`${mine} is about one text, and ${first} gives something beside it: leave one of them out`);
  if (generate !== undefined && target !== undefined)
    bad(
      '--generate explains each token that is said, and --target names a number: say which tokens with --answer WORDS, or why not others with --rather TEXT',
    );
}

async function partOf(given: string): Promise<PromptPart> {
  const at = given.indexOf('=');
  if (at < 1) bad(`--part ${given} must be written NAME=TEXT, or NAME=@FILE`);
  const [name, text] = [given.slice(0, at), given.slice(at + 1)];
  return { name, text: text.startsWith('@') ? await readTextFile(text.slice(1)) : text };
}

export const speakingOf = ({ generate, temperature, topK, topP, stop, seed }: Generating): Speaking => ({
  tokens: generate!,
  temperature,
  topK,
  topP,
  stop,
  seed,
});

/** Options that make no sense without --generate are refused. */
export function checkGenerating(options: Generating): void {
  if (options.generate !== undefined) return;
  const names = {
    temperature: '--temperature',
    topK: '--top-k',
    topP: '--top-p',
    stop: '--stop',
    trace: '--trace',
    answer: '--answer',
    rather: '--rather',
    lens: '--lens',
  } as const;
  const first = Object.entries(names).find(([name]) => options[name as keyof typeof names] !== undefined);
  if (first !== undefined) bad(`${first[1]} is about what the model says: have it say something with --generate N`);
}
