// Packs the ONNX standard's node tests of operators that are written out: [{ name, model, inputs, outputs }], bytes in base64.
// usage: node pack.mjs onnx-backend-node-v1.22.0.tar.gz > nodeCases.json.gz
import { gzipSync } from 'node:zlib';
import { filesIn } from '../../ir/dist/testing/archive.js';

const WANTED =
  /^test_(attention|rotary_embedding|gru|lstm|rnn|simple_rnn|group_norm|instancenorm|lrn|mvn|affine_grid|basic_deform|deform|center_crop|col2im|det_|dft|stft|gridsample|roialign)/;
/** Function bodies spelt out, and half floats. */
const UNWANTED = /expanded|fp16|float16|opset19/;

const files = filesIn(process.argv[2]);
const cases = [];
for (const [path, model] of files) {
  const name = path.split('/').at(-2);
  if (!path.endsWith('/model.onnx') || !WANTED.test(name) || UNWANTED.test(name)) continue;
  const folder = path.slice(0, -'model.onnx'.length);
  const data = (kind) => {
    const found = [];
    for (let i = 0, bytes; (bytes = files.get(`${folder}test_data_set_0/${kind}_${i}.pb`)) !== undefined; i++) found.push(base64(bytes));
    return found;
  };
  cases.push({ name: name.slice('test_'.length), model: base64(model), inputs: data('input'), outputs: data('output') });
}
cases.sort((a, b) => (a.name < b.name ? -1 : 1));
process.stdout.write(gzipSync(JSON.stringify(cases), { level: 9 }));

function base64(bytes) {
  return Buffer.from(bytes).toString('base64');
}
