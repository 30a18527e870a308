import { OPSET, type Model } from '@vitrine/ir';
import { hasCheckpoint, openCheckpoint } from '../checkpoint.js';
import { FormatError } from '../error.js';
import { readJson } from '../folder.js';
import type { Importer } from '../importers.js';
import { architectures } from './architectures/index.js';
import { config, labelsOf, type Config } from './config.js';
import type { Build, Family } from './family.js';
import { network } from './net.js';

const CONFIG = 'config.json';
const IR_VERSION = 10;

export const huggingface: Importer = {
  name: 'huggingface',
  holds: 'config.json and model.safetensors, as transformers saves them',
  main: (folder) => (folder.has(CONFIG) && hasCheckpoint(folder) ? CONFIG : undefined),
  load(folder) {
    const json = readJson(folder, CONFIG);
    const plain = config(json, `${folder.name}/${CONFIG}`);
    const { className, family, build } = classOf(plain);
    if (plain.given('quantization_config') !== undefined)
      plain.refuse('quantized weights are not supported: take the model in float16, bfloat16 or float32');
    const own = config(json, plain.file, family.aliases);
    const graph = network(own, openCheckpoint(folder), dimsOf(className, family), build);
    const cached = (): Model =>
      modelOf(network(own, openCheckpoint(folder), dimsOf(className, family), build, { cached: true }), className, plain);
    return {
      model: modelOf(graph, className, plain),
      labels: classifies(className) ? labelsOf(plain) : undefined,
      ...(goesOn(className) && { cached }),
    };
  },
};

/** Whether a class tells the next token from those before. */
const goesOn = (className: string): boolean => /(ForCausalLM|LMHeadModel)$/.test(className);

const classifies = (className: string): boolean => /For(Sequence|Token|Image|Audio)Classification$/.test(className);

const dimsOf = (className: string, { texts = 'batch' }: Family): readonly string[] =>
  className.endsWith('ForMultipleChoice') ? [texts, 'choices', 'sequence'] : [texts, 'sequence'];

const modelOf = (graph: Model['graph'], className: string, { json }: Config): Model => ({
  graph: { ...graph, name: className },
  domains: new Map(),
  metadata: new Map(
    Object.entries(json).flatMap(([key, value]) => (typeof value === 'object' ? [] : [[`config.${key}`, String(value)] as const])),
  ),
  producer: `huggingface ${className}`,
  opset: OPSET,
  irVersion: IR_VERSION,
});

/** The class of model that config.json names. @throws FormatError 'unknown-architecture' saying which file to add */
function classOf(c: Config): { readonly className: string; readonly family: Family; readonly build: Build } {
  const listed = c.given('architectures');
  const className = Array.isArray(listed) ? listed[0] : undefined;
  if (typeof className !== 'string') return c.refuse('architectures must name the class of model, as ["BertForSequenceClassification"]');
  const family = architectures.find(({ classes }) => Object.hasOwn(classes, className));
  if (family !== undefined) return { className, family, build: family.classes[className]! };
  const type = c.text('model_type', className);
  const near = architectures.find((known) => known.type === type);
  const file = `packages/formats/src/huggingface/architectures/${type.replace(/[^\w-]/g, '')}.ts`;
  throw new FormatError(
    'unknown-architecture',
    near === undefined
      ? `${c.file}: models of type ${type} (${className}) are not read yet: add ${file}, as CONTRIBUTING.md shows. Read are ${architectures.map((known) => known.type).join(', ')}`
      : `${c.file}: ${className} is not read yet: add it to the classes of ${near.type} in ${file}. Of this type are read ${Object.keys(near.classes).join(', ')}`,
  );
}
