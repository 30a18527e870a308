// How right is this network about people's income, and is it as right about women as about men? Every number with its interval, or why there is none.
import { mkdir, writeFile } from 'node:fs/promises';
import { analysisHtml, analyzeRows, load, sheetsOf } from 'vitrine';

const model = await load('models/adult_dice.onnx');
const found = await analyzeRows('examples/tables/adult.csv', { model, by: [['gender']], groups: ['gender'] });
await model.close();

const told = ({ verdict, value, low, high, support, needed, of }) =>
  verdict === 'estimated' ? `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})` : `${support} ${of}, ${needed} are needed`;
const { predictions, bias } = found.analysis;
console.log(`accuracy: ${told(predictions.metrics.find(({ metric }) => metric === 'accuracy').estimate)}`);
for (const { slice, measured } of predictions.slices)
  console.log(`  ${slice}: ${told(measured.find(({ metric }) => metric === 'accuracy').estimate)}`);
console.log(`of women compared with men, where ${bias.positive} is the good outcome:`);
for (const { group, metric, estimate } of bias.found)
  if (group === 'Female' && ['DPL', 'DI', 'RD', 'AD'].includes(metric)) console.log(`  ${metric}: ${told(estimate)}`);
console.log(`tables: ${sheetsOf(found.analysis).length}`);
await mkdir('out', { recursive: true });
await writeFile('out/analysis.html', analysisHtml({ ...found, command: 'node examples/12-analysis.mjs' }));
// → accuracy: 0.81 (0.76 to 0.86)
// →   gender = Female: 0.85 (0.74 to 0.92)
// →   gender = Male: 0.80 (0.73 to 0.86)
// → of women compared with men, where >50K is the good outcome:
// →   DPL: 0.21 (0.07 to 0.33)
// →   DI: 0.48 (0.28 to 0.81)
// →   RD: 9 positive rows of a group, 10 are needed
// →   AD: -0.05 (-0.15 to 0.08)
// → tables: 15
