import type { TextShown, TraceShown } from '@vitrine/audit';
import type { Encoded, Unit } from '@vitrine/data';
import { explainerNamed } from '@vitrine/explain';
import { shownText } from '../tokens.js';
import { byPart, type Told } from '../told.js';
import type { Trace } from './trace.js';

/** What the prompt counts for all that was explained of the answer: each token the sum over the answer's. */
export function toldPrompt({ prompt, steps, signed, reduce }: Trace, unit?: Unit): Told {
  const { encoded } = prompt.read;
  const values = Float64Array.from(encoded.tokens, (_, t) => steps.reduce((sum, step) => sum + (step.values[t] ?? 0), 0));
  return { ...byPart(encoded, values, unit), signed, reduce };
}

export const shownPrompt = (trace: Trace, unit?: Unit): TextShown =>
  shownText(toldPrompt(trace, unit), 'The prompt, for the answer as a whole');

/** What each part of the prompt counts for the answer, what the answer's own words do, and what stands in no text. */
export function partValues({ prompt, encoded, from, steps }: Trace): readonly { readonly name: string; readonly value: number }[] {
  const names = prompt.parts.map(({ name }) => name || 'prompt');
  const sums = new Map<string, number>([...names, ANSWER, OTHER].map((name) => [name, 0]));
  for (const { values } of steps)
    values.forEach((value, t) => {
      const name = partOf(prompt.parts, encoded, from, t);
      sums.set(name, (sums.get(name) ?? 0) + value);
    });
  return [...sums].flatMap(([name, value]) => (name === OTHER && value === 0 ? [] : [{ name, value }]));
}

const ANSWER = 'answer so far';
const OTHER = 'other tokens';

function partOf(parts: Trace['prompt']['parts'], { tokens }: Encoded, from: number, t: number): string {
  const { sequence, start, end } = tokens[t]!;
  if (t >= from || sequence === 1) return ANSWER;
  const middle = (start + end) / 2;
  const part = sequence === undefined ? undefined : parts.find((p) => middle >= p.start && middle <= p.end);
  return part === undefined ? OTHER : part.name || 'prompt';
}

/** A trace as the report shows it. */
export function shownTrace(trace: Trace): TraceShown {
  const { encoded, from, said, steps, signed, prompt } = trace;
  const row = explainerNamed(trace.method);
  const [first] = steps;
  const names = first?.layers?.map(({ name }) => name);
  return {
    method: row.title,
    meaning: row.meaning,
    signed,
    tokens: surfaces(encoded).map((text, t) => ({
      text,
      part: partOf(prompt.parts, encoded, from, t),
      generated: t >= from,
      ...(t >= from && { probability: said[t - from]!.probability }),
    })),
    rows: steps.map(({ place, values, score, gap, rather }) => ({
      token: place,
      values: Array.from(values),
      score,
      ...(gap !== undefined && { gap }),
      ...(rather && { rather: rather.text }),
    })),
    ...(names && { layers: { names, values: steps.map(({ layers = [] }) => layers.map(({ value }) => value)) } }),
    ...(first?.heads && { heads: headSums(trace) }),
    parts: partValues(trace),
    ...(first?.lens && {
      lens: first.lens.map(({ layer, probability, best }) => ({
        layer,
        answer: probability,
        best: best.map((b) => ({ text: b.text, probability: b.probability })),
      })),
    }),
  };
}

/** Each token as it stands in the text; those that stand in none as the vocabulary spells them. */
function surfaces({ texts, tokens }: Encoded): readonly string[] {
  const behind = texts.map(() => 0);
  return tokens.map(({ sequence, end, text }) => {
    if (sequence === undefined) return text;
    const start = behind[sequence]!;
    behind[sequence] = Math.max(start, end);
    return texts[sequence]!.slice(start, behind[sequence]);
  });
}

/** Of each layer's heads, the sum over the answer: [layers][heads]. */
function headSums({ steps }: Trace): NonNullable<TraceShown['heads']> {
  const [first] = steps;
  return {
    names: first!.heads!.map(({ name }) => name),
    values: first!.heads!.map(({ values }, i) =>
      values.map((_, h) => steps.reduce((sum, step) => sum + (step.heads?.[i]?.values[h] ?? 0), 0)),
    ),
  };
}
