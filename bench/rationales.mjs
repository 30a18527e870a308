// Whose words are the model's words? Attributions of a sentiment classifier beside people's labels, and beside what erasing words does:
// node bench/rationales.mjs [--data DIR] [--sentences N] [--erase remove|unk|mask] [--seed N] [--threads N] [--save FILE]
// DIR (else $VITRINE_ASSETS/bert-mini-sst2-house) holds sst_test_word_labels.jsonl: SST test sentences, each word labelled 0 (very bad) to 4.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { random } from '@vitrine/data';
import { examine, load, textParts } from 'vitrine';
import { averagePrecision, meanOf, ranked, topF1 } from './agreement.mjs';
import { areaOf, curvesOf, erasures } from './erasure.mjs';

const METHODS = [
  'gradient',
  'input-x-gradient',
  'integrated-gradients',
  'smoothgrad',
  'expected-gradients',
  'discretized-ig',
  'occlusion',
  'kernel-shap',
  'shapley-sampling',
  'attn-lrp',
  'cp-lrp',
  'lrp',
  'deeplift',
  'dl-backtrace',
  'attention-rollout',
  'attention-grad-rollout',
  'chefer',
  'value-zeroing',
];
const NEUTRAL = 2;
const RESAMPLES = 2000;
const here = path.dirname(new URL(import.meta.url).pathname);
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.join(process.env.VITRINE_ASSETS ?? '', 'bert-mini-sst2-house') },
    sentences: { type: 'string', default: '200' },
    erase: { type: 'string', default: 'remove' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    save: { type: 'string' },
  },
});
const [wanted, seed, threads] = [values.sentences, values.seed, values.threads].map(Number);
if (!(Number.isInteger(wanted) && wanted > 0 && Number.isInteger(seed) && Number.isInteger(threads) && threads > 0))
  refuse('--sentences, --seed and --threads are whole numbers, the first and the last above 0');
if (!Object.hasOwn(erasures, values.erase)) refuse(`--erase is one of ${Object.keys(erasures).join(', ')}, not ${values.erase}`);
const labelled = path.join(values.data, 'sst_test_word_labels.jsonl');
if (!existsSync(labelled))
  refuse(
    `there is no ${labelled}: the labelled sentences of SST are for research only and not in this repository. Give their folder with --data DIR, or its parent as VITRINE_ASSETS`,
  );

const started = performance.now();
const model = await load(path.join(here, '../models/bert_mini_sst2_ts_opset14.onnx'), { threads });
const runtime = await model.runtime();
const tokenizer = await model.tokenizer();
const session = await runtime.open(model.subject.graph);
const erasing = {
  session,
  inputs: model.subject.graph.inputs.map(({ name }) => name),
  instead: await erasures[values.erase](tokenizer),
  padding: tokenizer.padding.id,
};

const { cases, looked } = await sampled(readFileSync(labelled, 'utf8').trim().split('\n').map(JSON.parse));
const options = {};
const rows = await measured();
await model.close();
const seconds = (performance.now() - started) / 1000;

const marks = cases.map(({ marked }) => marked.filter(Boolean).length);
const sample = {
  sentences: cases.length,
  lookedAt: looked,
  predictedGood: cases.filter(({ predicted }) => predicted === 'good').length,
  notNeutral: cases.filter(({ gold }) => gold !== NEUTRAL).length,
  predictedRight: cases.filter(({ gold, predicted }) => agrees(gold, predicted)).length,
  words: total(cases.map(({ words }) => words.length)),
  rationaleWords: total(marks),
};
show();
if (values.save) {
  const machine = { cpu: os.cpus()[0]?.model, cores: os.cpus().length, threads, node: process.version, onnxruntime: runtime.version };
  const settings = { model: model.subject.name, digest: model.subject.digest, seed, erase: values.erase, resamples: RESAMPLES, options };
  mkdirSync(path.dirname(values.save), { recursive: true });
  writeFileSync(values.save, `${JSON.stringify({ machine, settings, sample, seconds: Math.round(seconds), results: rows }, null, 2)}\n`);
}

/** The first sentences, in a seeded order, that the model can read whole and that hold words for the predicted class and others. */
async function sampled(sentences) {
  const order = ranked(
    sentences.map(() => 0),
    random(seed, 'sentences'),
  );
  const found = [];
  let seen = 0;
  for (const place of order) {
    if (found.length === wanted) break;
    seen++;
    const { words, word_labels: labels, label: gold } = sentences[place];
    const text = words.join(' ');
    if ((await tokenizer.encode(text)).tokens.length > model.maxTokens) continue;
    const exam = await examine(model, { text });
    const [{ label: predicted, index }] = exam.prediction.classes;
    const marked = labels.map((label) => agrees(label, predicted));
    if (marked.every(Boolean) || !marked.some(Boolean)) continue;
    found.push({ place, words, labels, gold, exam, predicted, index, marked });
    if (found.length % 50 === 0) console.error(`${found.length} of ${wanted} sentences read`);
  }
  if (found.length < wanted) console.error(`only ${found.length} sentences have words for the predicted class and others`);
  if (found.length === 0) refuse('no sentence can be told of');
  return { cases: found, looked: seen };
}

/** Whether a person's label speaks for a class. */
function agrees(label, predicted) {
  return predicted === 'good' ? label > NEUTRAL : label < NEUTRAL;
}

/** Means of each measure for each method. Sentences of one length and class share what is compiled, so they are asked together. */
async function measured() {
  const kindOf = ({ exam, predicted }) => `${exam.text.encoded.tokens.length} ${predicted}`;
  const groups = new Map(cases.map((one) => [kindOf(one), cases.filter((other) => kindOf(other) === kindOf(one))]));
  const scores = {};
  let done = 0;
  for (const group of groups.values()) {
    const attributed = group.map(yardsticks);
    for (const method of METHODS) {
      for (const [i, one] of group.entries()) attributed[i][method] = await wordsOf(one, method);
    }
    for (const [i, one] of group.entries()) {
      for (const [method, found] of Object.entries(await measuresOf(one, attributed[i]))) {
        const lists = (scores[method] ??= {});
        for (const [measure, value] of Object.entries(found)) (lists[measure] ??= []).push(value);
      }
    }
    done += group.length;
    console.error(`${done} of ${cases.length} sentences explained, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  const means = (lists) =>
    Object.fromEntries(Object.entries(lists).map(([measure, list]) => [measure, meanOf(list, { seed, resamples: RESAMPLES })]));
  return Object.fromEntries(Object.entries(scores).map(([method, lists]) => [method, means(lists)]));
}

/** What needs no model: chance, long words, and the labels themselves. */
function yardsticks({ words, labels, predicted, place }) {
  const draw = random(seed, `words ${place}`);
  return {
    random: words.map(() => draw()),
    'word length': words.map((word) => word.length),
    'human labels': labels.map((label) => (label - NEUTRAL) * (predicted === 'good' ? 1 : -1)),
  };
}

/** One number for each word of the sentence, for the predicted class rather than the other: the sum over its parts. */
async function wordsOf({ exam, predicted, words }, method) {
  const other = model.labels.find((label) => label !== predicted);
  const answer = await exam.explain({ method, target: `label:${predicted}-label:${other}`, seed });
  options[method] ??= answer.explanation.options;
  const sums = new Array(words.length).fill(0);
  const wordAt = wordFinder(words);
  for (const { sequence, start, end, value } of textParts(exam, answer)) {
    if (sequence !== undefined) sums[wordAt(start, end)] += value;
  }
  return sums;
}

/** Which word holds a piece of the text that words joined by spaces are. */
function wordFinder(words) {
  let start = 0;
  const places = words.map((word) => {
    const place = { start, end: start + word.length };
    start = place.end + 1;
    return place;
  });
  return (from, to) => {
    const word = places.findIndex((place) => place.start <= from && to <= place.end);
    if (word < 0) throw new Error(`${words.join(' ').slice(from, to)} lies in no one word of “${words.join(' ')}”`);
    return word;
  };
}

async function measuresOf({ exam, words, labels, index, marked, place }, attributed) {
  const { tokens } = exam.text.encoded;
  const wordAt = wordFinder(words);
  const wordOf = tokens.map(({ sequence, start, end }) => (sequence === undefined ? undefined : wordAt(start, end)));
  const names = Object.keys(attributed);
  const mostFirst = names.map((name) => ranked(attributed[name], random(seed, `ties ${place}`)));
  const orders = mostFirst.flatMap((order) => [order, order.toReversed()]);
  const curves = await curvesOf({ ...erasing, tokens, wordOf, index }, orders);
  const measures = (name, i) => {
    const [most, least] = [curves[2 * i], curves[2 * i + 1]];
    return {
      auprc: averagePrecision(attributed[name], marked),
      f1: topF1(attributed[name], marked),
      auprcAnySentiment: averagePrecision(
        attributed[name].map(Math.abs),
        labels.map((label) => label !== NEUTRAL),
      ),
      comprehensiveness: most[0] - areaOf(most),
      sufficiency: least[0] - areaOf(least),
      area: areaOf(least) - areaOf(most),
    };
  };
  return Object.fromEntries(names.map((name, i) => [name, measures(name, i)]));
}

function show() {
  const short = (value) => value.toFixed(2).replace(/^-(0\.00)$/, '$1');
  const between = ({ mean, low, high }) => `${short(mean)} (${short(low)} to ${short(high)})`;
  console.log('| | AUPRC | token F1 | AUPRC, any sentiment | comprehensiveness | sufficiency | LeRF − MoRF |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const [name, row] of Object.entries(rows).toSorted(([, a], [, b]) => b.auprc.mean - a.auprc.mean)) {
    const { auprc, f1, auprcAnySentiment, comprehensiveness, sufficiency, area } = row;
    const plain = [auprcAnySentiment, comprehensiveness, sufficiency].map(({ mean }) => short(mean));
    console.log(`| ${[name, between(auprc), between(f1), ...plain, between(area)].join(' | ')} |`);
  }
  console.log(`${JSON.stringify(sample)}, ${values.erase}, ${seconds.toFixed(0)} s`);
}

function total(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}

function refuse(message) {
  console.error(message);
  process.exit(1);
}
