// An LSTM reads letters and says where sentences end. Which letters made it end one here?
import { examine, load } from 'vitrine';

const text = 'I saw the house it was red I went home';
const model = await load('models/nnsplit_lstm.onnx');
const exam = await examine(model, { dtype: 'uint8', dims: [1, text.length], data: new TextEncoder().encode(text) });

const scores = [...text].map((_, i) => exam.prediction.outputs.get('output').data[2 * i]);
const end = scores.indexOf(Math.max(...scores.slice(0, -1)));
console.log(`most likely end of a sentence: after “${text.slice(0, end + 1)}” (${scores[end].toFixed(2)})`);

const { explanation } = await exam.explain({ method: 'input-x-gradient', target: `${end},0` });
await model.close();
const [{ tensor }] = explanation.attributions;
const width = tensor.dims[2];
const shares = [...text].map((_, i) => tensor.data.subarray(i * width, (i + 1) * width).reduce((sum, v) => sum + v, 0));
const strongest = Math.max(...shares.map(Math.abs));
for (const [i, letter] of [...text].entries()) {
  if (Math.abs(shares[i]) > 0.1 * strongest) console.log(`${shares[i].toFixed(2).padStart(6)}  ${letter} at ${i}`);
}

// → most likely end of a sentence: after “I saw the house it was red ” (3.25)
// →  -0.17  a at 3
// →  -0.25    at 5
// →   0.24    at 9
// →  -0.24  u at 12
// →   0.45  i at 16
// →  -0.42  t at 17
// →  -0.53  w at 19
// →   0.33    at 22
// →  -0.99  r at 23
// →   0.86  e at 24
// →   1.54    at 26
// →  -1.41  I at 27
// →   0.70    at 28
// →  -0.48  e at 30
// →  -0.47  n at 31
// →   0.17  o at 35
// →  -0.28  e at 37
