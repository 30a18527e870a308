// What did a language model read to say the next word? A small Llama, as a Hugging Face folder, goes on with a story.
import { generate, load, partValues, toldPrompt, trace } from 'vitrine';

const model = await load('models/stories260k');
const prompt = [
  { name: 'document', text: 'Lily had a red ball. Tom had a blue car.' },
  { name: 'question', text: 'One day, Lily lost her red' },
];
const story = await generate(model, { prompt }, { tokens: 4 });
let text = '';
for await (const token of story) text += token.text;
console.log(`One day, Lily lost her red${text}`);

const why = await trace(story, { method: 'attn-lrp', answer: 'ball', lens: true });
await model.close();

for (const { said, score, lens } of why.steps)
  console.log(`“${said.text}” scores ${score.toFixed(1)}; by layer: ${lens.map(({ probability }) => probability.toFixed(2)).join(' ')}`);
for (const { name, value } of partValues(why)) console.log(`${value.toFixed(2).padStart(6)}  ${name}`);
console.log('of the prompt:');
const { segments, sums } = toldPrompt(why);
const order = [...segments.keys()].sort((a, b) => sums[b] - sums[a]);
for (const i of order.slice(0, 4)) console.log(`${sums[i].toFixed(2).padStart(6)}  ${segments[i].text}`);

// → One day, Lily lost her red ball. She
// → “ b” scores 13.8; by layer: 0.00 0.00 0.00 0.00 0.00 0.38 0.31 0.45 0.57 0.62
// → “all” scores 15.2; by layer: 0.00 0.00 0.00 0.01 0.16 0.39 0.27 0.70 0.69 0.94
// →   0.85  document
// →  10.36  question
// →   9.54  answer so far
// →  -0.05  other tokens
// → of the prompt:
// →   8.84  red
// →   1.50  ball
// →   1.17  her
// →   0.54  lost
