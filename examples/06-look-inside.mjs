// What does a model consist of, what can be asked of it, and which neurons of a layer decide?
import { examine, load, survey } from 'vitrine';

const model = await load('models/resnet20_ts_opset13.onnx');
const { layers, operators } = survey(model.subject, { methods: ['layer-conductance'] });
console.log(`${operators.length} kinds of operator, ${layers.length} layers worth explaining`);
const layer = layers.find(({ chosen }) => chosen).name;

const exam = await examine(model, 'examples/pictures/cat.jpg');
const { explanation } = await exam.explain({ method: 'layer-conductance', layer });
await model.close();

const [{ tensor }] = explanation.attributions;
const [, channels, height, width] = tensor.dims;
const shares = Array.from({ length: channels }, (_, c) =>
  tensor.data.subarray(c * height * width, (c + 1) * height * width).reduce((sum, v) => sum + v, 0),
);
const best = [...shares.keys()].toSorted((a, b) => shares[b] - shares[a]).slice(0, 5);
console.log(
  `of ${layer}, channels ${best.join(', ')} carry the most; all ${channels} together ${shares.reduce((a, b) => a + b, 0).toFixed(2)}`,
);

// → 9 kinds of operator, 48 layers worth explaining
// → of /layer3/layer3.2/Relu_1_output_0, channels 53, 59, 49, 17, 20 carry the most; all 64 together 8.52
