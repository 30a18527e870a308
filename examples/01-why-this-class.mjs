// Why does SqueezeNet call this dog a Pomeranian?
import { load, explain } from 'vitrine';

const model = await load('models/squeezenet1.1.onnx', { labels: 'models/imagenet-labels.json' });
const { explanation } = await explain(model, 'examples/pictures/dog.jpg', { method: 'integrated-gradients' });
await model.close();

const { target, attributions, completeness } = explanation;
console.log(`${target.label}: ${target.score.toFixed(2)}`);
console.log(`one number per pixel and colour: [${attributions[0].tensor.dims}]`);
console.log(`they should add up to ${completeness.expected.toFixed(2)}, and miss it by ${completeness.gap.toFixed(2)}`);

// → Pomeranian: 26.39
// → one number per pixel and colour: [1,3,224,224]
// → they should add up to 25.48, and miss it by 0.03
