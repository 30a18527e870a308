// Why a Pomeranian rather than a Pekinese? The difference of two scores is explained, and a report written.
import { writeFile } from 'node:fs/promises';
import { examine, load, report } from 'vitrine';

const model = await load('models/squeezenet1.1.onnx', { labels: 'models/imagenet-labels.json' });
const exam = await examine(model, 'examples/pictures/dog.jpg');
console.log(
  exam.prediction.classes
    .slice(0, 2)
    .map(({ label, index }) => `${label} is class ${index}`)
    .join(', '),
);

const answers = [];
for (const method of ['grad-cam', 'integrated-gradients']) answers.push(await exam.explain({ method, target: '259-154' }));
await writeFile('out/rather.html', await report(exam, answers, 'node examples/02-why-not-that-class.mjs'));
await model.close();

console.log(`${answers[0].explanation.target.label}: ${answers[0].explanation.target.score.toFixed(2)} points ahead; see out/rather.html`);

// → Pomeranian is class 259, Pekinese is class 154
// → Pomeranian rather than Pekinese: 0.78 points ahead; see out/rather.html
