// Picks small operator test cases of the ONNX standard, two for each operator, and packs them into packages/ir/testdata/node-cases.tar.gz.
// usage: node tools/node-subset.mjs ARCHIVE.tar.gz …
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { memory, readModel } from '../packages/ir/dist/index.js';
import { filesIn } from '../packages/ir/dist/testing/archive.js';
import { casesIn, check } from '../packages/ir/dist/testing/cases.js';

const PER_OPERATOR = 2;
const files = new Map(process.argv.slice(2).flatMap((archive) => Array.from(filesIn(archive))));
const folders = new Map(
  [...files.keys()]
    .filter((name) => name.endsWith('/model.onnx'))
    .map((name) => [name.split('/').at(-2), name.slice(0, -'model.onnx'.length)]),
);
const partsOf = ({ name }) =>
  [...files].filter(([path]) => path.startsWith(folders.get(name)) && !/test_data_set_[1-9]|[/]output_[^/]*$/.test(path));
const sizeOf = (test) => partsOf(test).reduce((sum, [, bytes]) => sum + bytes.length, 0);

const counts = new Map();
const chosen = [];
const tests = casesIn(files).filter((test) => sizeOf(test) < 40_000);
for (const test of tests.toSorted((a, b) => sizeOf(a) - sizeOf(b) || (a.name < b.name ? -1 : 1))) {
  if (chosen.some(({ name }) => name === test.name) || (await check(test)).kind !== 'unchanged') continue;
  const ops = new Set(readModel(memory(test.model)).graph.nodes.map(({ opType }) => opType));
  if (![...ops].some((op) => (counts.get(op) ?? 0) < PER_OPERATOR)) continue;
  for (const op of ops) counts.set(op, (counts.get(op) ?? 0) + 1);
  chosen.push(test);
}

function entry(name, bytes) {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100, 'latin1');
  header.write('0000644\0', 100);
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  header.fill(' ', 148, 156);
  header.write(
    `${header
      .reduce((sum, v) => sum + v, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}
const notice =
  'Operator test cases of the ONNX standard, github.com/onnx/onnx tag v1.22.0, onnx/backend/test/data.\nCopyright (c) ONNX Project Contributors. SPDX-License-Identifier: Apache-2.0\n';
const entries = chosen
  .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  .flatMap((test) => partsOf(test).map(([path, bytes]) => [`${test.name}/${path.slice(folders.get(test.name).length)}`, bytes]));
const tar = Buffer.concat([
  entry('NOTICE', Buffer.from(notice)),
  ...entries.map(([name, bytes]) => entry(name, bytes)),
  Buffer.alloc(1024),
]);
writeFileSync(new URL('../packages/ir/testdata/node-cases.tar.gz', import.meta.url), gzipSync(tar, { level: 9 }));
console.log(`${chosen.length} cases, ${counts.size} operators`);
