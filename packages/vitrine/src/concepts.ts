import { readdirSync } from 'node:fs';
import path from 'node:path';
import { DataError } from '@vitrine/data';
import type { ChannelRelevance } from '@vitrine/explain';
import { examine, type Exam } from './exam.js';
import type { Question } from './asked.js';
import type { LoadedModel } from './model.js';
import { drawingOf, pngOf } from './picture.js';

const PICTURE = /\.(png|jpe?g|webp|tiff?)$/i;

/** Pictures of a folder, by name. @throws DataError when there are none */
export function picturesIn(folder: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw new DataError('unreadable', `${folder} cannot be read as a folder of pictures: give one with --folder`, { cause });
  }
  const found = names.filter((name) => PICTURE.test(name)).toSorted();
  if (found.length === 0) throw new DataError('unreadable', `${folder} holds no pictures (.png, .jpg, .webp, .tiff)`);
  return found.map((name) => path.join(folder, name));
}

/** A picture that shows what a channel stands for. */
export interface Reference {
  readonly file: string;
  /** Relevance or greatest activation of the channel for this picture. */
  readonly score: number;
  readonly label: string | undefined;
  /** Where the channel looked, over the picture, as PNG; undefined for what is no picture. */
  readonly overlay: Uint8Array | undefined;
}

export interface ConceptQuestion extends Pick<Question, 'layer' | 'target' | 'options' | 'limits' | 'signal'> {
  readonly channels: readonly number[];
  /** Whether pictures are ranked by the channel's relevance for what the model says of them, or by its activation. */
  readonly by: 'relevance' | 'activation';
  /** How many pictures for each channel. */
  readonly count: number;
  readonly progress?: (done: number, of: number) => void;
}

/**
 * For each channel the pictures that it is most relevant for, or most active on. Achtibat et al. 2023, section 3.2 (relevance
 * maximization). Pictures that a channel is not relevant for or active on are none of its references. A picture that cannot be read is left out and named in `skipped`.
 */
export async function references(
  model: LoadedModel,
  files: readonly string[],
  { channels, by, count, progress, options, ...question }: ConceptQuestion,
): Promise<{ readonly found: ReadonlyMap<number, readonly Reference[]>; readonly skipped: readonly string[] }> {
  const best = new Map<number, readonly Reference[]>(channels.map((channel) => [channel, []]));
  const skipped: string[] = [];
  for (const [i, file] of files.entries()) {
    question.signal?.throwIfAborted();
    let exam: Exam;
    try {
      exam = await examine(model, file, question.limits);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      skipped.push(error.message);
      continue;
    }
    const { explanation } = await exam.explain({ ...question, method: 'crp', options: { ...options, channels: channels.join(',') } });
    const all = new Map<number, ChannelRelevance>(explanation.channels!.map((c) => [c.channel, c]));
    for (const channel of channels) {
      const score = all.get(channel)![by];
      const before = best.get(channel)!;
      if (score <= 0) continue;
      if (before.length === count && score <= before.at(-1)!.score) continue;
      const attribution = explanation.attributions.find(({ part }) => part === `channel ${channel}`)!;
      const drawing = drawingOf(exam, explanation, attribution);
      const overlay = drawing && (await pngOf(drawing, 'overlay'));
      const reference = { file, score, label: exam.prediction.classes[0]?.label, overlay };
      best.set(channel, [...before, reference].toSorted((a, b) => b.score - a.score).slice(0, count));
    }
    progress?.(i + 1, files.length);
  }
  return { found: best, skipped };
}
