// Which words make a BERT call this review bad? Its tokenizer lies beside it; each word's share is the sum over its tokens' embeddings.
import { examine, load, textParts } from 'vitrine';

const model = await load('models/bert_mini_sst2_ts_opset14.onnx');
const exam = await examine(model, { text: 'The acting is not good: unwatchable 😀' });
const answer = await exam.explain({ method: 'integrated-gradients', target: 'label:bad-label:good' });
await model.close();

const { target } = answer.explanation;
console.log(`${target.label}: ${target.score.toFixed(2)}`);
for (const { text, value } of textParts(exam, answer)) console.log(`${value.toFixed(2).padStart(6)}  ${text}`);
console.log('by phrase:');
for (const { text, value } of textParts(exam, answer, { unit: 'phrase' })) console.log(`${value.toFixed(2).padStart(6)}  ${text}`);

// → bad rather than good: 1.51
// →   0.22  The
// →   0.13  acting
// →  -0.10  is
// →   1.03  not
// →  -0.70  good
// →  -0.09  :
// →   0.36  unwatchable
// →  -0.04  😀
// →   0.16  [CLS]
// →  -0.03  [SEP]
// → by phrase:
// →   0.49  The acting is not good:
// →   0.32  unwatchable 😀
// →   0.16  [CLS]
// →  -0.03  [SEP]
