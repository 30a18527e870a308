import { tensorOf, type Value } from '@vitrine/ir';
import { isRecord, type Json } from '../folder.js';
import { headWidth, config as readConfig, type Config } from './config.js';
import { positions } from './layers.js';
import { cast, widthOf, type Net } from './net.js';

/** How fast each pair of dimensions turns per position, and what sine and cosine are multiplied by. */
interface Turning {
  readonly frequencies: readonly number[];
  readonly factor: number;
}

/** Ways to stretch rotations to longer texts, by the names that configurations give them. */
const scalings: { readonly [type: string]: (frequencies: readonly number[], rope: Config, model: Config) => Turning } = {
  default: (frequencies) => ({ frequencies, factor: 1 }),
  linear: (frequencies, rope) => ({ frequencies: frequencies.map((f) => f / rope.number('factor')), factor: 1 }),
  /** Grattafiori et al. 2024, section 3.4; slow rotations are slowed down, fast ones stay. */
  llama3(frequencies, rope, model) {
    const [factor, low, high] = [rope.number('factor'), rope.number('low_freq_factor'), rope.number('high_freq_factor')];
    const context = originalContext(rope, model);
    const scaled = frequencies.map((f) => {
      const wavelength = (2 * Math.PI) / f;
      if (wavelength < context / high) return f;
      if (wavelength > context / low) return f / factor;
      const smooth = (context / wavelength - low) / (high - low);
      return ((1 - smooth) * f) / factor + smooth * f;
    });
    return { frequencies: scaled, factor: 1 };
  },
  /** Peng et al. 2023, arXiv:2309.00071, sections 3.2 to 3.4. */
  yarn(frequencies, rope, model) {
    const [factor, context, base] = [rope.number('factor'), originalContext(rope, model), thetaOf(rope, model)];
    const width = 2 * frequencies.length;
    const turns = (count: number): number => (width * Math.log(context / (count * 2 * Math.PI))) / (2 * Math.log(base));
    const whole = rope.flag('truncate', true);
    const [from, to] = [turns(rope.number('beta_fast', 32)), turns(rope.number('beta_slow', 1))];
    const low = Math.max(whole ? Math.floor(from) : from, 0);
    const high = Math.min(whole ? Math.ceil(to) : to, width - 1);
    const ramp = (i: number): number => Math.min(1, Math.max(0, (i - low) / (high === low ? 0.001 : high - low)));
    return { frequencies: frequencies.map((f, i) => (f / factor) * ramp(i) + f * (1 - ramp(i))), factor: temperature(rope, factor) };
  },
};

function temperature(rope: Config, factor: number): number {
  if (rope.given('attention_factor') !== undefined) return rope.number('attention_factor');
  const by = (m: number): number => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1);
  const [m, all] = [rope.number('mscale', 0), rope.number('mscale_all_dim', 0)];
  return m !== 0 && all !== 0 ? by(m) / by(all) : by(1);
}

const originalContext = (rope: Config, model: Config): number =>
  rope.given('original_max_position_embeddings') === undefined
    ? model.size('max_position_embeddings')
    : rope.size('original_max_position_embeddings');

const thetaOf = (rope: Config, model: Config): number =>
  rope.given('rope_theta') === undefined ? model.number('rope_theta', model.number('rotary_emb_base', 10000)) : rope.number('rope_theta');

/** What config.json says of rotation: `rope_parameters` since transformers 5, before that `rope_scaling` and values beside it. */
function ropeOf(c: Config): Config {
  const said = c.given('rope_parameters') ?? c.given('rope_scaling') ?? {};
  if (!isRecord(said)) return c.refuse('rope_parameters must be an object');
  const older: Json = { rope_type: said['type'] ?? 'default' };
  return readConfig({ ...older, ...said }, c.file);
}

/** The rotation of each position: cosine and sine, [S,R/2]. R is the rotated part of a head's width. */
export interface Rotation {
  readonly cos: Value;
  readonly sin: Value;
  readonly width: number;
}

/** The rotation that config.json asks for. @throws FormatError naming a scaling that is not known */
export function rotation(net: Net, share = 1): Rotation {
  const { op, b, config } = net;
  const rope = ropeOf(config);
  const type = rope.text('rope_type');
  const why = type === 'dynamic' ? ', because it changes with the length of the text' : '';
  if (!Object.hasOwn(scalings, type)) rope.refuse(`rotary scaling ${type} is not supported${why}: ${Object.keys(scalings).join(', ')} are`);
  const width = Math.floor(headWidth(config) * rope.number('partial_rotary_factor', config.number('partial_rotary_factor', share)));
  if (width < 2 || width % 2 !== 0 || width > headWidth(config))
    config.refuse(`${width} dimensions of a head of ${headWidth(config)} cannot be rotated in pairs`);
  const base = thetaOf(rope, config);
  const { frequencies, factor } = scalings[type]!(
    Array.from({ length: width / 2 }, (_, i) => base ** ((-2 * i) / width)),
    rope,
    config,
  );
  const turns = b.initializer(tensorOf('float32', [1, width / 2], frequencies), 'frequencies');
  const angles = op.Mul(cast(net, op.Unsqueeze(positions(net), b.ints([1])), 'float32'), turns);
  const scaled = (v: Value): Value => (factor === 1 ? v : op.Mul(v, factor));
  return { cos: scaled(op.Cos(angles)), sin: scaled(op.Sin(angles)), width };
}

/** Each head's first `width` dimensions turned: the pair (i, i + R/2) by the angle i. x: [B,H,S,D] */
export function rotated({ op, b }: Net, x: Value, { cos, sin, width }: Rotation): Value {
  const half = width / 2;
  const rest = widthOf(x) - width;
  const parts = rest === 0 ? [half, half] : [half, half, rest];
  const [first, second, ...unturned] = op.Split(x, b.ints(parts), { axis: -1, outputs: parts.length }) as readonly [
    Value,
    Value,
    ...Value[],
  ];
  const turned = [op.Sub(op.Mul(first, cos), op.Mul(second, sin)), op.Add(op.Mul(second, cos), op.Mul(first, sin))];
  return op.Concat(...turned, ...unturned, { axis: -1 });
}
