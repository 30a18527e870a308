import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What each package may import: packages to its left, and the outside modules listed here. docs/architecture.md says why. */
const directions: { readonly [name: string]: { readonly packages: readonly string[]; readonly outside: readonly string[] } } = {
  ir: { packages: [], outside: [] },
  formats: { packages: ['ir'], outside: [] },
  transform: { packages: ['ir'], outside: [] },
  runtime: { packages: ['ir'], outside: ['onnxruntime-node', 'onnxruntime-web'] },
  data: {
    packages: ['ir'],
    outside: [
      '@duckdb/node-api',
      '@huggingface/jinja',
      '@huggingface/tokenizers',
      'd3-contour',
      'd3-scale-chromatic',
      'fflate',
      'pure-rand',
      'sharp',
      'tokenizers',
    ],
  },
  explain: { packages: ['ir', 'transform', 'runtime', 'data'], outside: [] },
  evaluate: { packages: ['ir', 'transform', 'runtime', 'data', 'explain'], outside: [] },
  audit: {
    packages: ['ir', 'transform', 'runtime', 'data', 'explain', 'evaluate'],
    outside: ['@observablehq/plot', 'd3', 'd3-sankey', 'canonicalize', 'escape-html', 'linkedom'],
  },
  vitrine: {
    packages: ['ir', 'formats', 'transform', 'runtime', 'data', 'explain', 'evaluate', 'audit'],
    outside: ['@bomb.sh/tab', 'cli-progress', 'commander', 'csv-parse'],
  },
};
/** Packages that run in the page as well: nothing of Node outside files that say so. */
const browserSafe = new Set(['ir', 'formats', 'transform', 'runtime', 'data', 'explain', 'evaluate', 'audit']);

interface Source {
  readonly package: string;
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sourcesOf(name: string, folder = path.join(root, 'packages', name, 'src')): readonly Source[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return sourcesOf(name, file);
    if (!entry.name.endsWith('.ts')) return [];
    const text = readFileSync(file, 'utf8');
    const imports = [...text.matchAll(/^(?:import|export) [^;]*?from '([^']+)'|^import '([^']+)'|import\('([^']+)'\)/gm)].map(
      (match) => (match[1] ?? match[2] ?? match[3])!,
    );
    return [{ package: name, file: path.relative(root, file), text, imports }];
  });
}

const isTest = ({ file }: Source): boolean => /\.test\.ts$|\/testing\//.test(file);
const sources = Object.keys(directions).flatMap((name) => sourcesOf(name));
const product = sources.filter((source) => !isTest(source));

test('every package is in the table of directions', () => {
  expect(readdirSync(path.join(root, 'packages')).toSorted()).toEqual(Object.keys(directions).toSorted());
});

test('packages import only what stands to their left', () => {
  const wrong = product.flatMap((source) =>
    source.imports
      .filter((name) => name.startsWith('@vitrine/') && !directions[source.package]!.packages.includes(name.split('/')[1]!))
      .map((name) => `${source.file} imports ${name}`),
  );
  expect(wrong).toEqual([]);
});

test('packages use only the outside modules they are allowed', () => {
  const moduleOf = (name: string): string => (name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : name.split('/')[0]!);
  const wrong = product.flatMap((source) =>
    source.imports
      .filter(
        (name) =>
          !name.startsWith('.') &&
          !name.startsWith('node:') &&
          !name.startsWith('@vitrine/') &&
          !directions[source.package]!.outside.includes(moduleOf(name)),
      )
      .map((name) => `${source.file} imports ${name}`),
  );
  expect(wrong).toEqual([]);
});

test('what runs in the page imports nothing of Node', () => {
  const wrong = product
    .filter(({ package: name, file }) => browserSafe.has(name) && !file.endsWith('.node.ts'))
    .flatMap(({ file, imports, text }) => [
      ...imports.filter((name) => name.startsWith('node:') || name.endsWith('.node.js')).map((name) => `${file} imports ${name}`),
      ...(/\bBuffer\b|\bprocess\./.test(text) ? [`${file} uses a global of Node`] : []),
    ]);
  expect(wrong).toEqual([]);
});

test('what the library for the page reaches imports nothing of Node', () => {
  const reached = new Set([path.join('packages', 'vitrine', 'src', 'web.ts')]);
  const byFile = new Map(product.map((source) => [source.file, source]));
  // A set is iterated while it grows.
  for (const file of reached) {
    const { text } = byFile.get(file)!;
    for (const [, type, from] of text.matchAll(/^(?:import|export) (type )?[^;]*?from '(\.[^']+)'/gm))
      if (type === undefined) reached.add(path.join(path.dirname(file), from!.replace(/\.js$/, '.ts')));
  }
  const wrong = [...reached].flatMap((file) =>
    byFile
      .get(file)!
      .imports.filter((name) => /^node:|\/node$|\.node\.js$/.test(name))
      .map((name) => `${file} imports ${name}`),
  );
  expect(wrong).toEqual([]);
  expect(reached.size).toBeGreaterThan(10);
});

test('nothing random or clocked hides below the command line', () => {
  const wrong = product
    .filter(({ package: name, text }) => name !== 'vitrine' && /Math\.random|Date\.now|new Date\(\)/.test(text))
    .map(({ file }) => file);
  expect(wrong).toEqual([]);
});

test('shared code asks tables instead of naming operators', () => {
  // A canonizer is there to find certain operators.
  const wrong = product
    .filter(({ package: name, file, text }) => name !== 'ir' && !file.includes('/canonize/') && /if \([^)]*opType === '/.test(text))
    .map(({ file }) => file);
  expect(wrong).toEqual([]);
});

test('no file grows beyond 250 lines without being in this list', () => {
  const allowed = new Set(['packages/ir/src/schema.ts']);
  const long = product
    .filter(({ file, text }) => !allowed.has(file) && text.split('\n').length > 260)
    .map(({ file, text }) => `${file}: ${text.split('\n').length}`);
  expect(long).toEqual([]);
});
