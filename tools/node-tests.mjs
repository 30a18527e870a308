// Reads and writes every operator test case of the ONNX standard and holds the result against ONNX Runtime.
// usage: node tools/node-tests.mjs [ARCHIVE.tar.gz …] [--only NAME] [--list KIND]
// Without an archive, those that come with the repository. The whole set is the folder backend/test/data of the onnx package, packed.
import { casesIn, check } from '../packages/ir/dist/testing/cases.js';
import { filesIn } from '../packages/ir/dist/testing/archive.js';

const args = process.argv.slice(2);
const option = (name) => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? undefined : args.splice(at, 2)[1];
};
const [only, list] = [option('only'), option('list')];
const counts = {};
const confirmed = new Set();
const bundled = new URL('../packages/ir/testdata/node-cases.tar.gz', import.meta.url).pathname;
for (const archive of args.length > 0 ? args : [bundled]) {
  for (const test of casesIn(filesIn(archive))) {
    if (only !== undefined && !test.name.includes(only)) continue;
    const { kind, why, confirmed: ops } = await check(test);
    counts[kind] = (counts[kind] ?? 0) + 1;
    for (const op of ops) confirmed.add(op);
    if (kind !== 'unchanged' && (list === undefined || list === kind)) console.log(`${kind.padEnd(14)}${test.name}  ${why}`);
  }
}
console.table(counts);
console.log(`${confirmed.size} operators with confirmed types`);
if (Object.keys(counts).some((kind) => !['unchanged', 'refused', 'unsupported'].includes(kind))) process.exitCode = 1;
