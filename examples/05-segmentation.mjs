// A network that gives a mask: what did one pixel of it look at, and what did the whole mask look at?
import { examine, load } from 'vitrine';

const model = await load('models/unet_sed.onnx');
const exam = await examine(model, 'examples/pictures/dog.jpg');

for (const target of ['0,112,112', 'class:0']) {
  const { explanation } = await exam.explain({ method: 'saliency', target });
  const [{ tensor }] = explanation.attributions;
  const seen = tensor.data.filter((v) => v > 0).length;
  console.log(`--target ${target}: depends on ${((100 * seen) / tensor.data.length).toFixed(0)} % of the picture`);
}
await model.close();

// → --target 0,112,112: depends on 4 % of the picture
// → --target class:0: depends on 100 % of the picture
