// Why does this ranker put these hotels in this order, and the first above the second? The searches are made up, so the truth is known.
import { mkdir, writeFile } from 'node:fs/promises';
import { examineQuery, load, pairOf, queryReport } from 'vitrine';

const model = await load('examples/ranking/hotel_ranker.onnx');
const exam = await examineQuery(model, { table: 'examples/tables/hotels.csv', queryColumn: 'search', query: '7' });
const valid = await exam.explain({ method: 'ranking-validity' });
const lost = await exam.explain({ method: 'ranking-permutation', options: { until: 0.03 } });
const shap = await exam.explain({ method: 'tree-shap' });
await model.close();

const [first, second] = exam.documents;
console.log(`row ${first.row} scores ${first.score.toFixed(2)}, row ${second.row} ${second.score.toFixed(2)}`);
for (const { label, value } of valid.features) console.log(`order kept with ${label}: ${value.toFixed(2)}`);
for (const { label, value } of lost.features.filter((feature) => ['pool', 'rating'].includes(feature.name)))
  console.log(`order lost where ${label} changes places: ${value.toFixed(1)}`);
for (const { label, value, shown, other } of pairOf(shap.scores, [1, 2]).slice(0, 3))
  console.log(`${value.toFixed(2).padStart(5)} ${label} ${shown} rather than ${other}`);
await mkdir('out', { recursive: true });
await writeFile('out/order.html', queryReport(exam, [valid, lost, shap], [1, 2], 'node examples/13-ranking.mjs'));
// → row 76 scores 1.18, row 78 0.86
// → order kept with guests' rating: 0.43
// → order kept with distance: 0.50
// → order kept with price: 0.79
// → order kept with breakfast: 1.00
// → order lost where guests' rating changes places: 0.8
// → order lost where pool changes places: 0.0
// →  1.03 breakfast yes rather than no
// → -0.99 distance 2.8 km from the centre rather than 1.3 km from the centre
// →  0.20 guests' rating 7.7 rather than 7.6
