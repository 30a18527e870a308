// A method becomes an ONNX file, which runs without Vitrine: here on ONNX Runtime alone.
import * as ort from 'onnxruntime-node';
import { compile, examine, load } from 'vitrine';

const model = await load('models/squeezenet1.1.onnx');
await compile(model, { method: 'grad-cam', target: 'top', out: 'out/grad-cam.onnx' });

const exam = await examine(model, 'examples/pictures/cat.jpg');
const { data, dims } = exam.inputs.get('data').tensor;
const { explanation } = await exam.explain({ method: 'grad-cam' });
await model.close();

const session = await ort.InferenceSession.create('out/grad-cam.onnx');
const results = await session.run({ data: new ort.Tensor('float32', data, dims) });
console.log('outputs:', session.outputNames.join(', '));

const [{ at, tensor }] = explanation.attributions;
const there = results[`attribution/${at}`].data;
const apart = tensor.data.reduce((most, value, i) => Math.max(most, Math.abs(value - there[i])), 0);
console.log(`largest difference from vitrine's own answer: ${apart.toExponential(1)}`);

// → outputs: attribution/squeezenet0_conv25_relu, score
// → largest difference from vitrine's own answer: 0.0e+0
