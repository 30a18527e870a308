import { reportHtml, type ExplanationRecord, type Picture, type Section, type TextShown } from '@vitrine/audit';
import { explainerNamed, type Explanation } from '@vitrine/explain';
import { stops, whereabouts, type Drawing } from '@vitrine/data';
import { sizeOf } from '@vitrine/ir';
import type { Answer, Exam } from './exam.js';
import type { LoadedModel } from './model.js';
import { headsOf } from './heads.js';
import { drawingOf, drawings, photograph, pngOf, type DrawingName } from './picture.js';
import { seriesWords, toldSeries } from './series/told.js';
import { toldRule } from './rule.js';
import type { ReadText } from './text.js';
import type { ReadRow } from './table/row.js';
import { FEATURE, foundInRow, toldRows, type ToldRow } from './table/told.js';
import { foundIn, limitsOfTold, shownText } from './tokens.js';
import { toldOf, type Telling } from './told.js';
import path from 'node:path';

const dataUri = (png: Uint8Array): string => `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
const SHOWN_BARS = 20;
const LONGEST_SERIES = 2000;

/** The report of an example's answers as one HTML file. */
export async function report(exam: Exam, answers: readonly Answer[], command: string, telling: Telling = {}): Promise<string> {
  const { model, prediction } = exam;
  const [shown] = [...exam.inputs.values()].flatMap(({ picture }) => picture ?? []);
  const [first] = answers;
  const label = first?.record.targetLabel;
  const best = prediction.classes[0];
  const files = [...exam.inputs].map(([name, { file }]) => (file === undefined ? name : path.basename(file)));
  return reportHtml({
    model: modelShown(model),
    input: {
      name: exam.text === undefined ? (exam.row === undefined ? files.join(', ') : rowNamed(exam.row)) : 'text',
      ...(exam.text && { texts: textsOf(exam.text) }),
      ...(shown && { picture: { caption: 'The input', alt: `The picture ${files[0]}`, source: dataUri(await photograph(shown)) } }),
    },
    classes: { best: prediction.classes, row: prediction.row, given: best?.given ?? false },
    question: questionOf(
      label ?? best?.label,
      best?.probability === undefined && exam.text === undefined ? first?.explanation.target.score : undefined,
    ),
    sections: await Promise.all(answers.map((answer) => section(exam, answer, telling))),
    command,
  });
}

/** What was read, and what was said of it. */
const textsOf = ({ encoded, said }: ReadText): readonly string[] =>
  [...encoded.texts, ...(said?.encoded.texts ?? [])].filter((text) => text !== '');

const rowNamed = ({ source, truth }: ReadRow): string =>
  truth === undefined ? source : `${source}, where ${truth.column} is ${truth.value}`;

/** Words of a text stand in quotes already. Of an output that is a number and no class, how much is asked. */
function questionOf(what: string | undefined, score: number | undefined): string {
  if (what === undefined) return 'What decided this output?';
  if (score !== undefined) return `Why is “${what}” ${score.toPrecision(4)}?`;
  return what.startsWith('“') ? `Why ${what}?` : `Why “${what}”?`;
}

/** What a report tells of a model. */
export function modelShown(model: LoadedModel): Parameters<typeof reportHtml>[0]['model'] {
  const { model: file, graph, name, digest } = model.subject;
  return {
    name,
    digest,
    facts: [
      ['File', name],
      ['Made by', file.producer || 'unknown'],
      ['Format', `ONNX opset ${file.opset}, IR version ${file.irVersion}`],
      ['Operators', String(graph.nodes.length)],
      ['Parameters', parameters(model).toLocaleString('en')],
      ['Inputs', graph.inputs.map((v) => `${v.name} ${v.type.dtype} [${v.type.shape?.join(', ') ?? '?'}]`).join('; ')],
      ['Outputs', graph.outputs.map((v) => `${v.name} [${v.type.shape?.join(', ') ?? '?'}]`).join('; ')],
    ],
  };
}

const parameters = (model: LoadedModel): number =>
  [...model.subject.graph.initializers.keys()].reduce((n, { type }) => n + (type.shape ? sizeOf(type.shape as readonly number[]) : 0), 0);

async function section(exam: Exam, { explanation, record, contrast }: Answer, telling: Telling): Promise<Section> {
  const row = explainerNamed(explanation.method);
  const pictures: Picture[] = [];
  const findings: string[] = [];
  const caveats: string[] = [];
  const charts: Section['charts'][number][] = [];
  const texts: TextShown[] = [];
  const heads = row.family === 'attention' ? await headsOf(exam, explanation) : undefined;
  const rows = toldRows(exam, explanation);
  const rule = toldRule(exam, explanation);
  // What is told in words of its own is not told again part by part.
  const isTold = rule !== undefined || contrast !== undefined;
  for (const told of isTold ? [] : rows) {
    findings.push(...foundInRow(told, record.targetLabel ?? 'the explained output'));
  }
  for (const attribution of heads === undefined && rows.length === 0 ? explanation.attributions : []) {
    const drawing = drawingOf(exam, explanation, attribution);
    const told = toldOf(exam, explanation, attribution, telling);
    const series = toldSeries(exam, explanation, attribution);
    if (told !== undefined) {
      if (!isTold) findings.push(...foundIn(told, record.targetLabel ?? 'the explained output'));
      caveats.push(...limitsOfTold(told));
      texts.push(shownText(told, attribution.part === undefined ? attribution.at : `${attribution.part}, at ${attribution.at}`));
    } else if (drawing !== undefined) {
      if (!isTold) findings.push(...found(drawing, record.targetLabel ?? 'the explained output'));
      caveats.push(...limitsOf(drawing));
      for (const kind of Object.keys(drawings) as DrawingName[])
        pictures.push({
          caption: attribution.part === undefined ? drawings[kind].caption : `${attribution.part}: ${drawings[kind].caption.toLowerCase()}`,
          alt: `${row.title}: ${drawings[kind].caption}`,
          source: dataUri(await pngOf(drawing, kind)),
        });
    } else if (series !== undefined) {
      const { seriesCharts } = await import('./series/chart.js');
      if (!isTold) findings.push(...seriesWords(series, record.targetLabel ?? 'the explained output'));
      charts.push(...seriesCharts(series, attribution.at, explanation));
    } else if (explanation.parts?.interactions !== true) charts.push(...(await chartsOf(exam, explanation.method, attribution)));
  }
  return {
    title: row.title,
    paper: row.paper,
    meaning: row.meaning,
    signed: texts[0]?.signed ?? row.signed,
    findings,
    legend: stops(row.signed),
    pictures,
    charts,
    texts,
    ...(heads && { heads }),
    ...(rule && { rule: pictures.length > 0 ? { ...rule, text: 'what is marked is there' } : rule }),
    ...(contrast && { contrast }),
    ...(!isTold && (texts.length === 0 || explanation.parts?.interactions) && { parts: partsShown(explanation, rows, record) }),
    record,
    caveats,
  };
}

/** The features of a row, or the parts that were taken away; from which score to which they lead, where they add up. */
function partsShown({ parts, method }: Explanation, rows: readonly ToldRow[], record: ExplanationRecord): NonNullable<Section['parts']> {
  const { score, completenessResidual: sum } = record;
  const between = sum && { base: score - sum.expected, score };
  const taken = parts && { ...parts, signed: explainerNamed(method).signed, ...(between && { between }) };
  const chance = new Map(parts?.of === FEATURE ? parts.values.map((one) => [one.name, one] as const) : []);
  return [
    ...rows.map(({ part, features, rest, signed }) => ({
      of: FEATURE,
      signed,
      ...(part !== undefined && { title: part }),
      ...(between && rows.length === 1 && { between }),
      values: [
        ...features.map(({ name, label, shown, attribution, standardError }) => {
          const { rank, interval } = chance.get(name) ?? {};
          return {
            name: label,
            has: shown,
            value: attribution,
            ...(standardError !== undefined && { standardError }),
            ...(interval && { interval }),
            ...(rank && { rank }),
          };
        }),
        ...(rest === 0 ? [] : [{ name: 'of no feature', value: rest }]),
      ],
    })),
    ...(taken === undefined || (rows.length > 0 && taken.of === FEATURE) ? [] : [taken]),
  ];
}

const percent = (share: number): string => `${share < 0.01 ? 'less than 1' : Math.round(100 * share)} %`;

/** Where the picture speaks for the target, in a sentence. */
function found({ plane }: Drawing, target: string): readonly string[] {
  const half = whereabouts(plane);
  return half === undefined
    ? [`Nothing in the picture speaks for ${target}.`]
    : [`Half of what speaks for ${target} lies in ${percent(half.share)} of what the model saw, ${half.place}.`];
}

/** What a drawing cannot show. */
function limitsOf({ plane, image, geometry }: Drawing): readonly string[] {
  const [width, height] = [geometry.width * geometry.scaleX, geometry.height * geometry.scaleY];
  return [
    ...(plane.width * 2 < geometry.width
      ? [`It is computed on a grid of ${plane.width} × ${plane.height} cells: detail finer than a cell is interpolated.`]
      : []),
    ...(width < image.width - 1 || height < image.height - 1
      ? ['The dark margin was cut off before the model saw the picture, so it played no part.']
      : []),
  ];
}

/** Bars for a row of numbers, bands under a line for a series. */
async function chartsOf(
  exam: Exam,
  method: string,
  { at, tensor }: Answer['explanation']['attributions'][number],
): Promise<Section['charts']> {
  const values = Array.from(tensor.data as Float32Array);
  const dims = tensor.dims.filter((d) => d > 1);
  const { bars, series } = await import('@vitrine/audit/chart');
  const input = exam.inputs.get(at)?.tensor;
  const perStep = dims.length === 2 ? stepSums(values, tensor.dims) : dims.length === 1 && values.length > 64 ? values : undefined;
  if (perStep !== undefined && perStep.length > 1 && perStep.length <= LONGEST_SERIES && input !== undefined) {
    const line =
      dims.length === 1
        ? Array.from(input.data as Float32Array, Number)
        : stepMeans(Array.from(input.data as Float32Array, Number), tensor.dims);
    return [{ caption: `${at}: what each step contributes`, svg: series(line, perStep, `${method} along ${at}`) }];
  }
  const items = perStep ?? (dims.length <= 1 ? values : undefined);
  if (items === undefined) return [];
  const order = [...items.keys()].toSorted((a, b) => Math.abs(items[b]!) - Math.abs(items[a]!)).slice(0, SHOWN_BARS);
  return [
    {
      caption: `${at}: the ${order.length} that count most of ${items.length}`,
      svg: bars(
        order.map((i) => ({ name: `${tensor.dims.length < 3 ? 'feature' : 'position'} ${i}`, value: items[i]! })),
        `${method} by feature of ${at}`,
      ),
    },
  ];
}

/** Sums over the shorter of the two inner axes: [1,C,T] by step, [1,T,D] by token. */
function stepSums(values: readonly number[], dims: readonly number[]): readonly number[] {
  const [a, b] = dims.slice(-2) as [number, number];
  const byToken = b >= a;
  return byToken
    ? Array.from({ length: a }, (_, t) => values.slice(t * b, (t + 1) * b).reduce((s, v) => s + v, 0))
    : Array.from({ length: b }, (_, t) => Array.from({ length: a }, (__, c) => values[c * b + t]!).reduce((s, v) => s + v, 0));
}

const stepMeans = (values: readonly number[], dims: readonly number[]): readonly number[] => {
  const [a, b] = dims.slice(-2) as [number, number];
  return stepSums(values, dims).map((v) => v / (b >= a ? b : a));
};
