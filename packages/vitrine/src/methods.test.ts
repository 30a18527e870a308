import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainerNamed, explainers, type Explainer } from '@vitrine/explain';
import { VitrineError } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import type { Question } from './asked.js';
import { examineEach } from './each.js';
import { examine, type Exam } from './exam.js';
import { load, type LoadedModel } from './model.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const people = path.join(root, 'examples/tables/adult.csv');

const first = async (model: LoadedModel, given: Parameters<typeof examineEach>[1]): Promise<Exam> => {
  for await (const { exam, failure } of examineEach(model, given)) return exam ?? Promise.reject(failure!);
  throw new Error('no example');
};

interface Kind {
  readonly file: string;
  readonly example: (model: LoadedModel) => Promise<Exam>;
  /** Few parts, so that all sets of them can be scored. */
  readonly parts?: string;
  readonly layer: string;
  /** A neuron of it that the score depends on. */
  readonly neuron?: number;
  readonly background?: Question['background'];
  /** Methods that do not suit this kind of model, and what they say. */
  readonly refused: readonly (readonly [says: RegExp, methods: readonly string[]])[];
}

const CAMS = ['grad-cam', 'grad-cam++', 'layer-cam', 'hires-cam', 'xgrad-cam', 'eigen-cam', 'score-cam', 'ablation-cam', 'guided-grad-cam'];
const ATTENTION = ['attention', 'attention-rollout', 'attention-flow', 'attention-grad-rollout', 'chefer', 'value-zeroing'];
const noOthers = [/^permutation takes values of other examples/, ['permutation']] as const;
const noTrees = [/^no ensemble of trees stands between/, ['tree-shap', 'tree-shap-interactions']] as const;
const noLine = [/^no linear model stands between/, ['linear-shap']] as const;
const noExamples = [
  /learns from many examples: give rows/,
  Object.values(explainers).flatMap((row: Explainer) => (row.learnsFrom === undefined ? [] : [row.name])),
] as const;
const noAttention = [/needs attention and none was found/, ATTENTION] as const;
const noWords = [/walks from word to word/, ['discretized-ig']] as const;
const noSpace = [/laid out in space/, [...CAMS, 'crp']] as const;
const noPixels = [/^blur-ig needs inputs with pixels or time steps/, ['blur-ig']] as const;

const kinds: { readonly [kind: string]: Kind } = {
  'a picture': {
    file: 'models/resnet20_ts_opset13.onnx',
    example: (model) => examine(model, path.join(root, 'examples/pictures/dog.jpg')),
    parts: 'grid=3x3',
    layer: '/layer2/layer2.0/Add_output_0',
    neuron: 7048,
    refused: [noTrees, noLine, noAttention, noWords, noExamples, noOthers],
  },
  'a text': {
    file: 'models/bert_mini_sst2_ts_opset14.onnx',
    example: (model) => examine(model, { text: 'never boring, a delight' }),
    parts: 'word',
    layer: '/m/bert/encoder/layer.0/output/dense/Add_output_0',
    refused: [noTrees, noLine, noExamples, noOthers],
  },
  'a row of a table': {
    file: 'models/adult_dice.onnx',
    example: (model) => examine(model, { table: people, row: 3 }),
    layer: 'active',
    neuron: 18,
    background: { table: people, count: 20 },
    refused: [noTrees, noLine, noAttention, noWords, noSpace, noPixels],
  },
  'a series': {
    file: 'models/events_cnn.onnx',
    example: (model) => first(model, { series: path.join(root, 'golden/series/events.ts'), rows: [[0, 0]] }),
    parts: 'segments',
    layer: 'relu0',
    neuron: 896,
    refused: [noTrees, noLine, noAttention, noWords, noExamples, noOthers],
  },
};

/** Fewer draws and steps than people would ask for. */
const FEW: { readonly [option: string]: number } = { samples: 128, steps: 8 };
/** All sets of nine parts. */
const ALL = 512;

function questionOf(method: string, { parts, background, layer, neuron }: Kind): Question {
  const { options, layer: takes } = explainerNamed(method);
  const given = {
    ...FEW,
    ...(Object.hasOwn(options, 'order') && { samples: ALL }),
    ...(parts !== undefined && { parts }),
    ...(neuron !== undefined && { neuron }),
  };
  return {
    method,
    options: Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(options, name))),
    background,
    ...(takes === 'named' && { layer }),
  };
}

describe.each(Object.entries(kinds))('%s', (_, kind) => {
  const exam = load(path.join(root, kind.file)).then((model) => kind.example(model));
  test.each(Object.keys(explainers))('by %s', async (name) => {
    const refused = kind.refused.find(([, methods]) => methods.includes(name));
    const answer = (await exam).explain(questionOf(name, kind));
    if (refused !== undefined) {
      await expect(answer).rejects.toThrow(refused[0]);
      await expect(answer).rejects.toBeInstanceOf(VitrineError);
      return;
    }
    const { explanation, record } = await answer;
    expect(explanation.attributions.length).toBeGreaterThan(0);
    for (const { tensor } of explanation.attributions) {
      const values = Array.from(tensor.data as ArrayLike<number>, Number);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(values.some((value) => value !== 0)).toBe(true);
    }
    expect(record.method).toBe(name);
  });
});
