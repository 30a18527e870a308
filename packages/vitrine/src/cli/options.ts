import { Option, type Command } from 'commander';
import { presets, readPreprocess, type Preprocess, type SeriesOptions } from '@vitrine/data';
import { ExplainError, explainerNamed, isRankingMethod, rankingMethods, type Explainer, type Tensors } from '@vitrine/explain';
import { devices, type Device } from '@vitrine/runtime';
import type { Value } from '@vitrine/ir';
import { loadArchive, readJson, readTensor, readTensors, type Given } from '../input.js';
import type { LoadOptions } from '../model.js';

const bad = (message: string): never => {
  throw new ExplainError('bad-option', message);
};

const whole =
  (name: string) =>
  (text: string): number => {
    const value = Number(text);
    return Number.isInteger(value) && value > 0 ? value : bad(`${name} must be a whole number above 0, not ${text}`);
  };
const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
const numbers =
  (name: string) =>
  (text: string): readonly number[] => {
    const list = text.split(',').map(Number);
    return list.every(Number.isFinite) ? list : bad(`${name} must be numbers with commas between them, not ${text}`);
  };
const side =
  (name: string) =>
  (text: string): number | { width: number; height: number } => {
    const match = /^(\d+)(?:x(\d+))?$/.exec(text);
    if (match === null) return bad(`${name} must be pixels, as 224 or 320x240, not ${text}`);
    return match[2] === undefined ? Number(match[1]) : { width: Number(match[1]), height: Number(match[2]) };
  };

/** Methods from a list with commas, behind those given before. */
export function methodList(text: string, before: readonly string[] = []): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return names.length > 0 ? [...before, ...names] : bad(`--method ${text} names no method: vitrine methods lists them`);
}

/** Options of every command that runs a model. */
export const running = (command: Command): Command =>
  command
    .addOption(new Option('--device <name>', 'where to run').choices([...devices]).default('cpu'))
    .option('--threads <n>', 'threads for one run (default: all processors)', whole('--threads'))
    .option('--memory <size>', 'memory that one run may take, as 800MB or 4GB (default: half of what there is)', memory)
    .option('--batch <n>', 'most examples in one run', whole('--batch'))
    .option('--timeout <seconds>', 'for models behind an address: how long one answer may take (default: 30)', seconds)
    .option('--retries <n>', 'for models behind an address: how often it is asked again when it is busy or late (default: 3)', count);

function seconds(text: string): number {
  const value = Number(text);
  return value > 0 && Number.isFinite(value) ? value : bad(`--timeout must be a number of seconds above 0, not ${text}`);
}
function count(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : bad(`--retries must be a whole number from 0, not ${text}`);
}

/** How a model behind an address is asked. */
export const endpointOf = ({ timeout, retries }: Running): LoadOptions['endpoint'] => ({
  ...(timeout !== undefined && { timeoutMs: 1000 * timeout }),
  ...(retries !== undefined && { retries }),
});

/** Options of every command that reads pictures. */
export const picturing = (command: Command): Command =>
  command
    .addOption(new Option('--preset <name>', 'how pictures are prepared').choices(Object.keys(presets)))
    .option('--preprocess <file>', 'the same from a JSON file (default: MODEL.json beside the model, when it is there)')
    .option('--resize <pixels>', 'bring the shorter side to 256, or both to 320x240', side('--resize'))
    .option('--crop <pixels>', 'cut out the middle', side('--crop'))
    .addOption(
      new Option('--layout <order>', 'order of axes: of pictures, or of series, channels before time or behind it').choices([
        'NCHW',
        'NHWC',
        'CT',
        'TC',
      ]),
    )
    .addOption(new Option('--channels <order>', 'order of colours').choices(['RGB', 'BGR', 'grey']))
    .option('--scale <number>', 'largest value: 1 or 255', (text) => numbers('--scale')(text)[0])
    .option('--mean <numbers>', 'subtracted from each channel', numbers('--mean'))
    .option('--std <numbers>', 'divides each channel', numbers('--std'))
    .addOption(new Option('--interpolation <kind>', 'how pictures are resized').choices(['nearest', 'bilinear', 'bicubic']));

export const asking = (command: Command): Command =>
  command
    .option('-m, --method <names>', 'methods, with commas between them (vitrine methods lists them)', methodList)
    .option(
      '-t, --target <what>',
      'the number to explain: 7, 0,7, top, label:tabby, 3-5, weights=FILE.npy, output:NAME,7, class:3, box:0, value:NAME,3; of text token:" Paris", token:"Paris"@2, span:"New York", span:0..8,label:B-LOC, tag:B-LOC or answer; span:"Paris"-span:"Rome" says why one rather than the other',
    )
    .option('--at <value>', 'explain an inner value in place of the inputs (repeat for several)', gather)
    .option('--layer <value>', 'the layer that CAM and layer methods work on')
    .option('-o, --option <key=value>', 'an option of the method (repeat for several)', gather)
    .option(
      '--seed <n>',
      'seed of everything random',
      (text) => (Number.isInteger(Number(text)) ? Number(text) : bad(`--seed must be a whole number, not ${text}`)),
      0,
    );

export interface Running {
  readonly device: Device;
  readonly threads?: number;
  readonly memory?: number;
  readonly batch?: number;
  readonly timeout?: number;
  readonly retries?: number;
}

export interface Picturing {
  readonly preset?: string;
  readonly preprocess?: string;
  readonly resize?: Preprocess['resize'];
  readonly crop?: Preprocess['crop'];
  readonly layout?: Preprocess['layout'] | SeriesOptions['layout'];
  readonly channels?: Preprocess['channels'];
  readonly scale?: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly interpolation?: Preprocess['interpolation'];
}

export interface Asking {
  readonly method: readonly string[];
  readonly target?: string;
  readonly at?: readonly string[];
  readonly layer?: string;
  readonly option?: readonly string[];
  readonly seed: number;
}

function memory(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT])B?$/i.exec(text);
  if (match === null) return bad(`--memory must be a size such as 800MB or 4GB, not ${text}`);
  return Number(match[1]) * 2 ** (10 * ('KMGT'.indexOf(match[2]!.toUpperCase()) + 1));
}

export const limitsOf = ({ memory: memoryBytes, batch }: Running): { readonly memoryBytes?: number; readonly batch?: number } => ({
  ...(memoryBytes && { memoryBytes }),
  ...(batch && { batch }),
});

/** Preprocessing as the options say it: a recipe, unless it is left to the file beside the model, and what is laid over it. */
export function preprocessOf(options: Picturing): Pick<LoadOptions, 'preprocess' | 'adjust'> {
  const own = Object.fromEntries(
    (['resize', 'crop', 'layout', 'channels', 'scale', 'mean', 'std', 'interpolation'] as const).flatMap((name) =>
      options[name] === undefined || (name === 'layout' && !options.layout!.startsWith('N')) ? [] : [[name, options[name]]],
    ),
  );
  if (options.preset !== undefined && options.preprocess !== undefined)
    bad('--preset and --preprocess both say how pictures are prepared: give one of them');
  return { preprocess: options.preset ?? options.preprocess, adjust: readPreprocess(own, 'the command line') };
}

/** `--input FILE`, `--input name=FILE` and `--input FILE.npz`, as inputs by name. */
export async function inputsOf(
  given: readonly string[],
  wanted: readonly Value[],
  /** Those that a file without a name may be for. */
  open: readonly Value[] = wanted,
): Promise<ReadonlyMap<string, Given>> {
  const names = wanted.map(({ name }) => name);
  const unnamed = open.map(({ name }) => name);
  const inputs = new Map<string, Given>();
  for (const text of given) {
    const name = names.find((n) => text.startsWith(`${n}=`));
    const file = name === undefined ? text : text.slice(name.length + 1);
    if (name === undefined && /\.npz$/i.test(file)) {
      for (const [key, tensor] of await loadArchive(file, wanted)) inputs.set(key, tensor);
      continue;
    }
    const target = name ?? unnamed.find((n) => !inputs.has(n)) ?? bad(`${file} is one input too many: the model takes ${names.join(', ')}`);
    if (name === undefined && unnamed.length > 1) bad(`the model has ${names.length} inputs: write --input ${unnamed[0]}=${file}`);
    inputs.set(target, file);
  }
  return inputs;
}

/** Kinds of options that a .npy file may hold, or for several inputs a .npz file. */
const FROM_FILES: ReadonlySet<string> = new Set(['tensor', 'baseline', 'partition']);

/** `key=value` for each method that has the option. @throws ExplainError when no method has it */
export function methodOptions(
  methods: readonly string[],
  given: readonly string[] = [],
): ReadonlyMap<string, { readonly [name: string]: string | Tensors | object }> {
  const rows: readonly Pick<Explainer, 'name' | 'options'>[] = methods.map((method) =>
    isRankingMethod(method) ? rankingMethods[method] : explainerNamed(method),
  );
  const pairs = given.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) bad(`--option ${text} must be written KEY=VALUE`);
    const [key, value] = [text.slice(0, at), text.slice(at + 1)];
    if (!rows.some((row) => Object.hasOwn(row.options, key))) {
      const names = [...new Set(rows.flatMap((row) => Object.keys(row.options)))];
      bad(
        `${methods.join(', ')} ${methods.length > 1 ? 'have' : 'has'} no option ${key}: ${names.length > 0 ? `use ${names.join(', ')}` : 'it takes none'}`,
      );
    }
    return [key, value] as const;
  });
  return new Map(
    rows.map((row) => [
      row.name,
      Object.fromEntries(
        pairs
          .filter(([key]) => Object.hasOwn(row.options, key))
          .map(([key, value]): [string, string | Tensors | object] => {
            const { kind } = row.options[key]!;
            if (kind === 'described' && /\.json$/i.test(value)) return [key, readJson(value)];
            if (FROM_FILES.has(kind) && /\.npz$/i.test(value)) return [key, readTensors(value)];
            return [key, FROM_FILES.has(kind) && /\.npy$/i.test(value) ? readTensor(value) : value];
          }),
      ),
    ]),
  );
}
