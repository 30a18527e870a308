// Why does this network give this person little chance of an income over 50,000? Each column is one feature, however many numbers stand for it.
import { examine, featureValues, load } from 'vitrine';

const model = await load('models/adult_dice.onnx');
const exam = await examine(model, { table: 'examples/tables/adult.csv', row: 3 });
const answer = await exam.explain({ method: 'kernel-shap', background: { table: 'examples/tables/adult.csv', count: 50 } });
await model.close();

const { target, completeness } = answer.explanation;
console.log(`${target.label}: ${target.score.toFixed(2)}, others on average ${(target.score - completeness.expected).toFixed(2)}`);
for (const { label, shown, attribution } of featureValues(exam, answer).toSorted((a, b) => b.attribution - a.attribution))
  console.log(`${attribution.toFixed(3).padStart(6)}  ${label} ${shown}`);
const { column, value } = exam.row.truth;
console.log(`The table says: ${column} ${value}`);

// → income over 50K: 0.22, others on average 0.30
// →  0.121  marital status Married
// →  0.102  age 53 years
// →  0.006  works 40 hours a week
// → -0.002  gender Male
// → -0.004  works for Private
// → -0.022  race Other
// → -0.068  occupation Blue-Collar
// → -0.210  education School
// → The table says: income <=50K
