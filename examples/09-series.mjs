// A network tells events in three channels. When did it happen, in which channel, at which frequency?
import { examineEach, load } from 'vitrine';

const model = await load('models/events_cnn.onnx');
for await (const { number, exam } of examineEach(model, { series: 'golden/series/events.ts', rows: [[0, 2]] })) {
  const [{ label }] = exam.prediction.classes;
  console.log(`series ${number} is a ${label}`);
  for (const parts of ['windows=0.2s:channels', 'bands=10']) {
    const { explanation } = await exam.explain({ method: 'occlusion', options: { parts } });
    const [first] = explanation.parts.values.toSorted((a, b) => b.value - a.value);
    console.log(`  it counts most: ${first.name} (${first.value.toFixed(2)})`);
  }
}
await model.close();

// → series 0 is a bump
// →   it counts most: 0.80–1.00 s of a (6.43)
// →   it counts most: 0–5 Hz (9.14)
// → series 1 is a burst
// →   it counts most: 1.40–1.60 s of b (2.44)
// →   it counts most: 20–25 Hz (4.57)
// → series 2 is a step
// →   it counts most: 1.40–1.60 s of c (2.84)
// →   it counts most: 0–5 Hz (6.99)
