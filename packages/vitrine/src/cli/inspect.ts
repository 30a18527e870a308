import type { Command } from 'commander';
import { qualityMetricNamed, qualityMetrics } from '@vitrine/evaluate';
import { explainerNamed, explainers, rankingMethods, survey, type Explainer, type Survey } from '@vitrine/explain';
import { sizeOf, type Value } from '@vitrine/ir';
import { permutationImportanceMethod } from '../importance/name.js';
import type { LoadedModel } from '../model.js';
import { methodList, methodOptions } from './options.js';
import { shaping, shapingOf, type Shaping } from './shaping.js';
import { paint, plain, say, sayJson, table } from './terminal.js';

interface Options extends Shaping {
  readonly at?: readonly string[];
  readonly json?: boolean;
  readonly method?: readonly string[];
  readonly option?: readonly string[];
}

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const shapeText = ({ type }: Pick<Value, 'type'>): string =>
  `${type.dtype} [${type.shape?.map((d) => (String(d).startsWith('?') ? '?' : d)).join(', ') ?? '?'}]`;

/** Commands that look at a model without running it. */
export function inspectCommands(program: Command): void {
  const looking = (name: string, description: string): Command =>
    shaping(program.command(name).description(description).argument('<model>', 'an ONNX file, or a folder of one or of safetensors'))
      .option('--at <value>', 'look from an inner value (repeat for several)', gather)
      .option('--json', 'print JSON');
  looking('inspect', 'show what a model takes, gives and is made of, and which methods it supports')
    .addHelpText('after', '\nExample:\n  $ vitrine inspect squeezenet1.1.onnx')
    .action(async (file: string, { at, json, ...shapes }: Options) => {
      const model = await open(file);
      const found = survey(model.subject, { ...shapingOf(model, shapes), ...(at && { at }) });
      if (json) sayJson(asJson(model, found));
      else print(model, found);
    });
  looking('check', 'show each operator of a model with its backward rule, or the row that is missing')
    .requiredOption('-m, --method <names>', 'methods, with commas between them', methodList)
    .option('-o, --option <key=value>', 'an option of the method (repeat for several)', gather)
    .addHelpText(
      'after',
      '\nExamples:\n  $ vitrine check model.onnx --method gradient\n  $ vitrine check model.onnx --method lrp --option composite=mine.json',
    )
    .action(async (file: string, { at, json, method = [], option, ...shapes }: Options) => {
      const options = methodOptions(method, option);
      const model = await open(file);
      const found = survey(model.subject, { ...shapingOf(model, shapes), methods: method, options, ...(at && { at }) });
      if (json) sayJson({ operators: found.operators, methods: found.methods });
      else check(found);
      if (found.methods.some(({ supported }) => !supported)) process.exitCode = 1;
    });
  program
    .command('methods')
    .description('list all methods with their options')
    .option('--json', 'print JSON')
    .action(({ json }: Options) => {
      if (json)
        return sayJson(
          allMethods.map(({ name, title, paper, meaning, family, layer, options }) => ({
            name,
            title,
            paper,
            meaning,
            family,
            layer,
            options,
          })),
        );
      for (const { name, title, paper, meaning, layer, options } of allMethods) {
        say(`${paint('bold', name)}  ${title}. ${paper}`);
        say(
          `  ${meaning}${layer === 'spatial' || layer === 'features' ? '; --layer is chosen unless given' : layer === 'named' ? '; needs --layer' : ''}`,
        );
        for (const [option, field] of Object.entries(options))
          say(
            `    ${option}=${String(field.default ?? 'FILE.npy')}  ${field.doc}${field.kind === 'choice' ? ` (${field.choices.join(', ')})` : ''}`,
          );
      }
    });
  program
    .command('metrics')
    .description('list all metrics of explanations with their options')
    .option('--json', 'print JSON')
    .action(({ json }: Options) => {
      const all = Object.keys(qualityMetrics).map(qualityMetricNamed);
      if (json)
        return sayJson(
          all.map(({ name, title, family, paper, meaning, better, needs, options }) => ({
            name,
            title,
            family,
            paper,
            meaning,
            better,
            needs,
            options,
          })),
        );
      for (const { name, title, family, paper, meaning, better, needs, options } of all) {
        say(`${paint('bold', name)}  ${title} (${family}, ${better} is better). ${paper}`);
        say(`  ${meaning}${needs === undefined ? '' : `; needs ${needs.join(' and ')}`}`);
        for (const [option, field] of Object.entries(options))
          say(
            `    ${option}=${String(field.default ?? '')}  ${field.doc}${field.kind === 'choice' ? ` (${field.choices.join(', ')})` : ''}`,
          );
      }
    });
}

/** Of examples, behind them those of the order of rows, and of a whole table. */
const allMethods: readonly (Pick<Explainer, 'name' | 'title' | 'paper' | 'meaning' | 'options'> &
  Partial<Pick<Explainer, 'layer'>> & { readonly family: string })[] = [
  ...Object.values(explainers),
  ...Object.values(rankingMethods).map((row) => ({ ...row, family: 'ranking' })),
  permutationImportanceMethod,
];

async function open(file: string): Promise<LoadedModel> {
  const { load } = await import('../model.js');
  return load(file);
}

const parametersOf = ({ subject }: LoadedModel): number =>
  [...subject.graph.initializers.keys()].reduce((n, { type }) => n + sizeOf((type.shape ?? []) as readonly number[]), 0);

function asJson({ subject }: LoadedModel, { assumed, at, operators, layers, attention, methods }: Survey): object {
  const { model, graph } = subject;
  const values = (list: readonly Value[]): object[] => list.map(({ name, type }) => ({ name, dtype: type.dtype, shape: type.shape }));
  return {
    name: subject.name,
    digest: subject.digest,
    opset: model.opset,
    irVersion: model.irVersion,
    producer: model.producer,
    domains: Object.fromEntries(model.domains),
    inputs: values(graph.inputs),
    outputs: values(graph.outputs),
    nodes: graph.nodes.length,
    parameters: [...graph.initializers.keys()].reduce((n, { type }) => n + sizeOf((type.shape ?? []) as readonly number[]), 0),
    assumedShapes: Object.fromEntries(assumed),
    explains: at,
    operators,
    layers,
    attention,
    methods,
  };
}

function print(model: LoadedModel, found: Survey): void {
  const { subject } = model;
  const { graph, model: file } = subject;
  say(
    `${paint('bold', subject.name)}  ONNX opset ${file.opset}, IR version ${file.irVersion}${file.producer && `, by ${plain(file.producer)}`}`,
  );
  say(`  ${graph.nodes.length} operators, ${parametersOf(model).toLocaleString('en')} parameters, SHA-256 ${subject.digest.slice(0, 16)}…`);
  say(`\n${paint('bold', 'Inputs')}`);
  say(table(graph.inputs.map((v) => [v.name, shapeText(v)])));
  say(`\n${paint('bold', 'Outputs')}`);
  say(table(graph.outputs.map((v) => [v.name, shapeText(v)])));
  say(
    `\n${paint('bold', 'Explains')}  ${plain(found.at.join(', ')) || 'nothing: the inputs are whole numbers and no embedding was found; name a value with --at'}`,
  );
  say(`\n${paint('bold', 'Operators on the way')}`);
  say(table(found.operators.map(({ opType, count, state }) => [opType, `× ${count}`, stateText(state)])));
  const layers =
    found.layers.length > 40 ? found.layers.filter((l, i) => l.chosen || i % Math.ceil(found.layers.length / 40) === 0) : found.layers;
  say(
    `\n${paint('bold', 'Layers worth explaining')}${layers.length < found.layers.length ? `  (${layers.length} of ${found.layers.length}; --json lists all)` : ''}`,
  );
  say(
    layers.length === 0
      ? '  none'
      : table(
          layers.map(({ name, opType, shape, chosen }) => [
            name,
            opType,
            `[${shape.join(', ')}]`,
            chosen ? paint('green', 'chosen for CAM methods') : '',
          ]),
        ),
  );
  if (found.attention.length > 0) {
    say(`\n${paint('bold', 'Attention')}`);
    say(table(found.attention.map(attentionRow)));
  }
  say(`\n${paint('bold', 'Methods')}`);
  const good = found.methods.filter(({ supported }) => supported).map(({ method }) => method);
  if (good.length > 0) say(`  supported: ${good.join(', ')}`);
  for (const [why, methods] of refusals(found)) say(`  ${paint('yellow', 'not')} ${methods.join(', ')}:\n    ${plain(why)}`);
}

const attentionRow = ({ index, value, kind, heads, queries, keys, grid }: Survey['attention'][number]): readonly string[] => [
  `layer ${index}`,
  plain(value),
  `${heads ?? '?'} ${heads === 1 ? 'head' : 'heads'}`,
  kind === 'self' ? `${keys ?? '?'} tokens` : `${queries ?? '?'} tokens look at ${keys ?? '?'} others`,
  grid === undefined
    ? ''
    : `${grid.height} × ${grid.width} patches${grid.extra === 0 ? '' : grid.extra === 1 ? ' behind a class token' : ` behind ${grid.extra} others`}`,
];

/** Methods that are not supported, by the reason. */
function refusals({ methods }: Survey): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { method, why } of methods) if (why !== undefined) found.set(why, [...(found.get(why) ?? []), method]);
  return found;
}

const STATES: { readonly [state in Survey['operators'][number]['state']]: string } = {
  rule: 'has a rule',
  decomposed: 'written out in operators that have rules',
  flat: 'passes nothing back, declared',
  'straight-through': 'straight-through: a gradient by convention',
  'control flow': 'written out where its condition is constant',
  missing: 'no rule',
};
const stateText = (state: Survey['operators'][number]['state']): string =>
  state === 'missing' ? paint('red', STATES[state]) : state === 'rule' ? STATES[state] : paint('dim', STATES[state]);

function check({ operators, methods }: Survey): void {
  const own = methods.length === 1 && explainerNamed(methods[0]!.method).ruleAt !== undefined;
  for (const { count, state, rule, ...names } of operators) {
    const [opType, node] = [plain(names.opType), plain(names.node)];
    const text = rule === undefined ? stateText(state) : `rule ${rule}`;
    say(`${state === 'missing' ? paint('red', '✗') : paint('green', '✓')} ${opType} × ${count}  ${text}`);
    if (state !== 'missing') continue;
    const name = /^\w+$/.test(opType) ? opType : `'${opType}'`;
    say(
      own
        ? `    at ${node}. Give ${opType} a kind in packages/transform/src/propagate/kind.ts, or, for lrp, write the row in a composite of your own:\n    { "op": "${opType}", "rule": "pass" }`
        : `    at ${node}. Write the row in packages/transform/src/vjp:\n    ${name}: ({ op, x, y, g, attrs }) => [/* the signal at each input */],`,
    );
  }
  say();
  for (const { method, supported, why } of methods)
    say(
      `${supported ? paint('green', 'supported') : paint('red', 'not supported')}  ${method}${why === undefined ? '' : `: ${plain(why)}`}`,
    );
}
