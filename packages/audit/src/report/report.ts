import type { ExplanationRecord } from '../provenance.js';
import { percent } from './amounts.js';
import { flowHtml } from './conservation.js';
import { headsHtml, type HeadsShown } from './heads.js';
import { headHtml } from './head.js';
import { html, type Html } from './html.js';
import { partsHtml, type PartsShown } from './parts.js';
import { contrastHtml, type ContrastShown } from './contrast.js';
import { ruleHtml, type RuleShown } from './rule.js';
import type { TraceShown } from './trace.js';
import { traceSectionHtml, type TraceSection } from './traceSection.js';
import { chartHtml, type ChartShown } from './chartFigure.js';
import { chartScript } from './page/chartScript.js';
import { marksOf, textHtml, type TextShown } from './text.js';
import { trust } from './trust.js';

export interface Picture {
  readonly caption: string;
  /** For readers who cannot see it. */
  readonly alt: string;
  /** PNG as a data: address. */
  readonly source: string;
}

export interface ClassScore {
  readonly label: string;
  readonly score: number;
  readonly probability?: number;
}

/** Scores of the best classes. */
export interface Classes {
  readonly best: readonly ClassScore[];
  /** What one of them is: a class unless said otherwise, an answer, a token. */
  readonly row?: string;
  /** Whether the probabilities are the model's own; if not, they are a softmax of its scores. */
  readonly given: boolean;
}

/** One method's answer, ready to be shown. */
export interface Section {
  readonly title: string;
  readonly paper: string;
  /** What one number of the attribution means, as the end of a sentence. */
  readonly meaning: string;
  readonly signed: boolean;
  /** What it found, in sentences for a lay reader. */
  readonly findings: readonly string[];
  /** CSS colours from the least value to the greatest. */
  readonly legend: readonly string[];
  readonly pictures: readonly Picture[];
  readonly charts: readonly ChartShown[];
  /** What the example consists of, and what each part counts, where it is no words of a text. */
  readonly parts?: readonly PartsShown[];
  /** The rule that a method found. */
  readonly rule?: RuleShown;
  /** What was found by a method that looks for another example. */
  readonly contrast?: ContrastShown;
  /** The text with what counts marked, where the input was text. */
  readonly texts?: readonly TextShown[];
  /** Attention of each layer and head, where all of it was asked for. */
  readonly heads?: HeadsShown;
  readonly record: ExplanationRecord;
  /** What the answer does not say. */
  readonly caveats: readonly string[];
}

export interface ReportParts {
  readonly model: { readonly name: string; readonly digest: string; readonly facts: readonly (readonly [string, string])[] };
  readonly input: { readonly name: string; readonly picture?: Picture; readonly texts?: readonly string[] };
  readonly classes: Classes;
  readonly question: string;
  readonly sections: readonly Section[];
  /** Why the model said what it said, where it went on with a text. */
  readonly traces?: readonly TraceSection[];
  readonly command: string;
}

const figure = ({ caption, alt, source }: Picture): Html =>
  html`<figure>
    <img src="${source}" alt="${alt}" />
    <figcaption>${caption}</figcaption>
  </figure>`;

/** A report in one file: a page for people first, and under it everything an engineer needs to check it. No network; a script only beside charts. */
export function reportHtml(parts: ReportParts): string {
  const { model, input, classes, question, sections, traces = [], command } = parts;
  const [best] = classes.best;
  const answered = traces[0]?.trace;
  const script = sections.some(hasCharts)
    ? chartScript(sections.some(({ charts }) => charts.some(({ series }) => series !== undefined)))
    : undefined;
  const page = html`<!doctype html>
    <html lang="en">
      ${headHtml(question, `img-src data:; ${script?.policy ?? ''}`)}
      <body>
        <main>
          <header>
            <p class="kicker">Vitrine report · ${model.name} · ${input.name}</p>
            <h1>${question}</h1>
          </header>
          <section class="verdict">
            ${input.picture && figure(input.picture)}
            <div>
              ${input.texts?.map((text) => html`<p class="passage given" dir="auto">${text}</p>`)}
              <h2>What the model said</h2>
              ${answered && html`<p class="passage" dir="auto">${writtenIn(answered)}</p>`}
              ${best && (best.probability !== undefined || classes.best.length === 1) && html`<p class="answer">${best.label} <span>${best.probability === undefined ? best.score.toPrecision(4) : percent(best.probability)}</span></p>`}
              ${
                classes.best.length > 1 &&
                html`<table>
                  <thead>
                    <tr>
                      <th>${classes.row ?? 'Class'}</th>
                      <th>Score</th>
                      ${best?.probability !== undefined && html`<th>Probability${!classes.given && ' (softmax of the scores)'}</th>`}
                    </tr>
                  </thead>
                  <tbody>
                    ${classes.best.map(
                      (c) =>
                        html`<tr>
                          <td>${c.label}</td>
                          <td>${c.score.toPrecision(4)}</td>
                          ${c.probability !== undefined && html`<td>${percent(c.probability)}</td>`}
                        </tr>`,
                    )}
                  </tbody>
                </table>`
              }
            </div>
          </section>
          ${traces.map((found, at) => {
            const { trace, prompt } = found;
            return traceSectionHtml(found, leadHtml(prompt.unit, trace.meaning, trace.signed, 'the answer'), `said-${at}`);
          })}
          ${sections.map(sectionHtml)}
          <section>
            <h2>The model</h2>
            <dl>
              ${model.facts.map(
                ([name, value]) =>
                  html`<dt>${name}</dt>
                    <dd>${value}</dd>`,
              )}
              <dt>SHA-256</dt>
              <dd><code>${model.digest}</code></dd>
            </dl>
          </section>
          <section>
            <h2>Do it again</h2>
            <pre>${command}</pre>
            <p>The same seed, model, input and versions give the same numbers, bit for bit. The records above carry their digests.</p>
          </section>
        </main>
        ${script?.element}
      </body>
    </html> `;
  return page.html;
}

const writtenIn = ({ tokens }: TraceShown): string =>
  tokens
    .filter(({ generated }) => generated)
    .map(({ text }) => text)
    .join('')
    .trimStart();

const hasCharts = ({ charts, parts = [], record }: Section): boolean =>
  charts.length + parts.length + (record.conservation?.length ?? 0) > 0;

function sectionHtml(section: Section, at: number): Html {
  const { title, paper, meaning, signed, pictures, charts, texts = [], record, caveats } = section;
  const target = record.targetLabel ?? 'the explained output';
  return html`<section class="method">
    <h2>${title}</h2>
    ${section.rule || section.contrast ? html`<p class="lead">Each part shows ${meaning}.${section.contrast && section.signed && html` <span class="for">Orange</span> is more, <span class="against">purple</span> less.`}</p>` : leadHtml(texts[0]?.unit ?? section.parts?.[0]?.of ?? 'point', meaning, signed, target)}
    ${section.rule && ruleHtml(section.rule)} ${section.contrast && contrastHtml(section.contrast)}
    ${texts[0] && !section.rule && !section.contrast && html`<p class="lead">${marksOf(texts[0])}</p>`}
    ${section.findings.map((line) => html`<p class="finding"><bdi>${line}</bdi></p>`)} ${texts.map(textHtml)}
    <div class="pictures">${pictures.map(figure)}</div>
    ${pictures.length > 0 && legendHtml(section)} ${charts.map((chart, i) => chartHtml(chart, `chart-${at}-${i}`))}
    ${section.parts?.map((parts, i) => partsHtml(parts, `parts-${at}-${i}`, `${record.method}.${parts.of}${i === 0 ? '' : i + 1}`))}
    ${section.heads && headsHtml(section.heads, `heads-${at}`)} ${(record.conservation ?? []).map((books) => flowHtml(books))}
    <h3>How far this can be trusted</h3>
    <ul>
      ${[...trust(record), ...caveats].map((line) => html`<li>${line}</li>`)}${record.warnings.map((line) => html`<li class="warning">${line}</li>`)}
    </ul>
    <details>
      <summary>For engineers: options, provenance, record</summary>
      <dl>
        <dt>Method</dt>
        <dd>${record.method} — ${paper}</dd>
        <dt>Options</dt>
        <dd>
          ${Object.entries(record.methodParams)
            .filter(([, v]) => v !== undefined)
            .map(([name, value]) => html`<code>${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}</code> `)}
        </dd>
        <dt>Target</dt>
        <dd><code>${targetText(record.target)}</code></dd>
        <dt>Explained number</dt>
        <dd>${record.score}</dd>
        <dt>Model runs</dt>
        <dd>${record.evaluations}</dd>
        <dt>Attributions</dt>
        <dd>
          ${record.attributions.map((a) => html`<div><code>${a.at}</code> [${a.shape.join(', ')}] ${a.dtype}, sum ${a.sum.toPrecision(6)}, SHA-256 <code>${a.digest.slice(0, 16)}…</code></div>`)}
        </dd>
        <dt>Ran on</dt>
        <dd>${Object.entries(record.environment).map(([name, value]) => html`${name} ${value} `)}</dd>
      </dl>
      <pre class="record">${JSON.stringify(record, undefined, 2)}</pre>
    </details>
  </section>`;
}

const leadHtml = (unit: string, meaning: string, signed: boolean, target: string): Html =>
  html`<p class="lead">
    Each ${unit} shows ${meaning}.
    ${signed ? html`<span class="for">Orange</span> speaks for ${target}, <span class="against">purple</span> against it; the stronger the colour, the more it counts.` : html`${unit === 'point' ? 'The brighter' : 'The stronger the colour'}, the more it counts for ${target}.`}
  </p>`;

/** A strip of the colours. They come from a colour map, never from a model. */
function legendHtml({ legend, signed, contrast }: Section): Html {
  const [from, to] = contrast ? ['less', 'more'] : signed ? ['against', 'for'] : ['little', 'much'];
  return html`<p class="legend">${from} <span style="background: linear-gradient(to right, ${legend.join(', ')})"></span> ${to}</p>`;
}

function targetText(target: ExplanationRecord['target']): string {
  return JSON.stringify(target, (_, value: unknown) => (Array.isArray(value) && value.length > 20 ? `${value.length} values` : value));
}
