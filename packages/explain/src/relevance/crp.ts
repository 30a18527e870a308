import { tensorOf, type Value } from '@vitrine/ir';
import type { RuleSet } from '@vitrine/transform';
import { floats } from '../arithmetic.js';
import { channelAxis } from '../channels.js';
import { ExplainError } from '../error.js';
import type { ChannelRelevance } from '../explanation.js';
import { ATTRIBUTION, PART, attributionsIn, collect, explainer } from '../explainer.js';
import { int, text } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import type { Frame, Program } from '../program.js';
import { boundsHold, lrpGraph, lrpOptions, ruleNames, rulesOfLrp, type LrpOptions } from './lrp.js';

/** The axis of a layer's channels. @throws ExplainError 'no-layer' where the graph does not tell */
function axisOf(f: Frame, value: Value): number {
  const axis = channelAxis(f.graph, value);
  if (axis !== undefined) return axis;
  throw new ExplainError(
    'no-layer',
    `crp cannot tell which axis of ${value.name} [${value.type.shape?.join(',') ?? '?'}] holds channels: name the result of a convolution or a dense layer with --layer`,
  );
}

/** What is known at a layer: its value, the axis of its channels, its relevance, and the rules that go on from there. */
interface AtLayer {
  readonly f: Frame;
  readonly value: Value;
  readonly axis: number;
  readonly relevance: Value;
  readonly rules: RuleSet;
}

/** A program that stops at a layer, where relevance has come, and writes from there. */
const atLayer = (what: string, layer: string, options: LrpOptions, write: (here: AtLayer) => ReturnType<Program['write']>): Program => ({
  key: `crp:${layer}:${what}:${JSON.stringify(options)}`,
  layers: [layer],
  rules: rulesOfLrp(options),
  canonize: lrpGraph(options),
  write(f) {
    const value = f.value(layer);
    const axis = axisOf(f, value);
    const rules = rulesOfLrp(options, f);
    const relevance = f.propagate([f.start()], [value], rules).signals.get(value)![0]!;
    return write({ f, value, axis, relevance, rules });
  },
});

/** Relevance and greatest activation of each channel of a layer, [C] both. */
const ofChannels = (layer: string, options: LrpOptions): Program =>
  atLayer('channels', layer, options, ({ f: { op, b }, value, axis, relevance }) => {
    const others = b.ints((value.type.shape as readonly number[]).flatMap((_, i) => (i === axis ? [] : [i])));
    return { relevance: op.ReduceSum(relevance, others, { keepdims: 0 }), activation: op.ReduceMax(value, others, { keepdims: 0 }) };
  });

/** Every channel of a layer, the most relevant first. Achtibat et al. 2023, section 3. */
async function channelsOf(q: Inquiry, layer: string, options: LrpOptions): Promise<readonly ChannelRelevance[]> {
  const [results] = await collect(q.evaluate(ofChannels(layer, options), [q.x], 1));
  const [relevance, activation] = [floats(results!.get('relevance')!), floats(results!.get('activation')!)];
  return Array.from(relevance, (r, channel) => ({ channel, relevance: r, activation: activation[channel]! })).toSorted(
    (a, b) => b.relevance - a.relevance,
  );
}

/** The way of one channel's relevance to the input, for each of these channels. */
const fromChannels = (layer: string, channels: readonly number[], options: LrpOptions): Program =>
  atLayer(channels.join(), layer, options, ({ f, value, axis, relevance, rules }) => {
    const { op, b } = f;
    const dims = value.type.shape as readonly number[];
    // One lane per channel, each with the relevance of that channel alone.
    const only = (channel: number): Value => {
      const mask = tensorOf(
        'float32',
        dims.map((d, i) => (i === axis ? d : 1)),
        Array.from({ length: dims[axis]! }, (_, c) => (c === channel ? 1 : 0)),
      );
      return op.Mul(relevance, b.initializer(mask, 'channel'));
    };
    const pass = f.propagate(
      channels.map((c) => new Map([[value, only(c)]])),
      f.x,
      rules,
    );
    return Object.fromEntries(
      f.x.flatMap((x) => (pass.signals.get(x) ?? []).map((signal, i) => [`${ATTRIBUTION}${x.name}${PART}channel ${channels[i]}`, signal])),
    );
  });

const nameless = (): never => {
  throw new ExplainError(
    'not-compilable',
    'crp looks for the channels at the example: name them with --option channels=3,17 to compile it',
  );
};

/** Concept relevance propagation. Achtibat et al. 2023: what one channel of a layer saw, and how much that counted. */
export const crp = explainer({
  name: 'crp',
  title: 'Concept relevance propagation',
  paper: 'Achtibat et al. 2023, doi:10.1038/s42256-023-00711-8',
  meaning: 'how much of the score this part carries through one channel of the layer',
  family: 'relevance',
  signed: true,
  layer: 'features',
  options: {
    channels: text('top', 'channels of the layer, as 3,17; or top, the most relevant'),
    count: int(3, 'how many channels, for top', { min: 1, max: 32 }),
    ...lrpOptions,
  },
  ruleAt: (options) => ruleNames(options),
  async explain(q, options) {
    boundsHold(q, options);
    const layer = q.layer ?? noLayer();
    const all = await channelsOf(q, layer, options);
    const chosen =
      options.channels === 'top' ? all.slice(0, options.count).map(({ channel }) => channel) : listed(options.channels, all.length, layer);
    const [results] = await collect(q.evaluate(fromChannels(layer, chosen, options), [q.x], 1));
    return { attributions: attributionsIn(results!), channels: all };
  },
  compile: (q, options) =>
    options.channels === 'top'
      ? nameless()
      : fromChannels(q.layer ?? noLayer(), listed(options.channels, Infinity, q.layer ?? ''), options),
});

function listed(texts: string, count: number, layer: string): readonly number[] {
  return texts.split(',').map((word) => {
    const channel = Number(word.trim());
    if (word.trim() === '' || !Number.isInteger(channel) || channel < 0 || channel >= count)
      throw new ExplainError(
        'bad-option',
        `crp: '${word}' is no channel of ${layer}: write channels=top, or numbers from 0 to ${count - 1} with commas between them`,
      );
    return channel;
  });
}

function noLayer(): never {
  throw new ExplainError(
    'no-layer',
    'crp needs a layer and none laid out in space was found: name one with --layer (vitrine inspect lists them)',
  );
}
