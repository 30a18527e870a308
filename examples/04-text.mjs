// Which words make a BERT call this review good? The words' embeddings are explained; each word's share is their sum.
import { load, explain } from 'vitrine';

const words = ['[CLS]', 'never', 'boring', ',', 'a', 'delight', '[SEP]'];
const ids = [2, 449, 1595, 14, 33, 1200, 3];
const int64 = (values) => ({ dtype: 'int64', dims: [1, values.length], data: BigInt64Array.from(values, BigInt) });

const model = await load('models/bert_mini_sst2_ts_opset14.onnx', { labels: ['bad', 'good'] });
const { explanation } = await explain(
  model,
  { input_ids: int64(ids), attention_mask: int64(ids.map(() => 1)), token_type_ids: int64(ids.map(() => 0)) },
  { method: 'integrated-gradients' },
);
await model.close();

const [{ at, tensor }] = explanation.attributions;
const width = tensor.dims[2];
console.log(`explained at ${at}: ${explanation.target.label}, ${explanation.target.score.toFixed(2)}`);
words.forEach((word, i) => {
  const share = tensor.data.subarray(i * width, (i + 1) * width).reduce((sum, v) => sum + v, 0);
  console.log(`${share.toFixed(2).padStart(6)}  ${word}`);
});

// → explained at /m/bert/embeddings/word_embeddings/Gather_output_0: bad, 0.27
// →   0.12  [CLS]
// →   0.30  never
// →   0.60  boring
// →  -0.21  ,
// →  -0.08  a
// →  -0.62  delight
// →  -0.02  [SEP]
