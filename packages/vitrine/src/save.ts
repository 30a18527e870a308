import { mkdir, mkdtemp, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError, writeNpy } from '@vitrine/data';
import { GraphError, VitrineError } from '@vitrine/ir';
import type { Answer, Exam } from './exam.js';
import { stemsOf } from './fileNames.js';
import { layerFiles } from './layers.js';
import { drawingOf, drawings, pngOf, type DrawingName } from './picture.js';
import { valuesCsv } from './parts.js';
import { contrastCsv } from './contrast.js';
import { ruleCsv } from './rule.js';
import { featuresCsv, toldRows } from './table/told.js';
import { seriesCsv, toldSeries } from './series/told.js';
import { tokensCsv } from './tokens.js';
import { toldOf, type Telling } from './told.js';

/** Files of one answer by name: attributions as .npy, pictures as .png, tokens of text, features of rows and parts that were taken away as .csv, the record as .json. */
export async function filesOf(
  exam: Exam,
  { explanation, record, contrast }: Answer,
  telling: Telling = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const stems = stemsOf(explanation);
  for (const [i, attribution] of explanation.attributions.entries()) {
    const stem = stems[i]!;
    files.set(`${stem}.npy`, writeNpy(attribution.tensor));
    const told = toldOf(exam, explanation, attribution, telling);
    if (told !== undefined) files.set(`${stem}.tokens.csv`, tokensCsv(told));
    const series = toldSeries(exam, explanation, attribution);
    const sheet = series && seriesCsv(series);
    if (sheet !== undefined) files.set(`${stem}.series.csv`, sheet);
    const drawing = drawingOf(exam, explanation, attribution);
    if (drawing === undefined) continue;
    for (const kind of Object.keys(drawings) as DrawingName[]) files.set(`${stem}.${kind}.png`, await pngOf(drawing, kind));
  }
  const rows = toldRows(exam, explanation);
  if (rows.length > 0 && contrast === undefined) files.set(`${explanation.method}.features.csv`, featuresCsv(rows));
  if (explanation.parts) files.set(`${explanation.method}.values.csv`, valuesCsv(explanation.parts));
  for (const [i, attribution] of explanation.attributions.entries()) {
    const point = explanation.contrast?.point.get(attribution.at);
    if (point !== undefined) files.set(`${stems[i]!}.point.npy`, writeNpy(point));
  }
  if (contrast && exam.row) files.set(`${explanation.method}.changes.csv`, contrastCsv(contrast));
  const rule = ruleCsv(exam, explanation);
  if (rule) files.set(`${explanation.method}.rule.csv`, rule);
  for (const [ending, content] of layerFiles(explanation)) files.set(`${explanation.method}.${ending}`, content);
  files.set(`${explanation.method}.json`, new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`));
  return files;
}

/** Writes files into a folder: all of them, or none. @throws DataError naming the folder */
export async function writeFolder(folder: string, files: ReadonlyMap<string, Uint8Array | string>): Promise<readonly string[]> {
  let scratch: string | undefined;
  try {
    await mkdir(folder, { recursive: true });
    for (const name of files.keys()) await checkReplaceable(path.join(folder, name));
    scratch = await mkdtemp(path.join(folder, '.vitrine-'));
    for (const [name, content] of files) await writeFile(path.join(scratch, name), content);
    for (const name of files.keys()) await rename(path.join(scratch, name), path.join(folder, name));
    return [...files.keys()].map((name) => path.join(folder, name));
  } catch (cause) {
    throw unwritable(folder, cause);
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Writes one file: whole, or not at all. @throws DataError naming it */
export async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  const scratch = `${file}.${process.pid}.part`;
  try {
    await checkReplaceable(file);
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    await writeFile(scratch, content);
    await rename(scratch, file);
  } catch (cause) {
    await rm(scratch, { force: true }).catch(() => undefined);
    throw unwritable(file, cause);
  }
}

/** Lets others write a file, and what comes with it, into a folder that is made where it is not there. @throws DataError naming the file */
export async function writeBeside(file: string, write: () => void): Promise<void> {
  try {
    await checkReplaceable(file);
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    write();
  } catch (cause) {
    throw unwritable(file, cause instanceof GraphError ? (cause.cause ?? cause) : cause);
  }
}

/** A file that grows line by line: what was written stays whatever comes next. */
export interface Growing {
  add(text: string): Promise<void>;
  close(): Promise<void>;
}

/** Begins a file in a folder that is made where it is not there. @throws DataError naming the file */
export async function growing(file: string): Promise<Growing> {
  const guarded = async <T>(act: () => Promise<T>): Promise<T> =>
    act().catch((cause: unknown) => {
      throw unwritable(file, cause);
    });
  const opened = await guarded(async () => {
    await checkReplaceable(file);
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    return open(file, 'w');
  });
  return { add: (text) => guarded(() => opened.appendFile(text)), close: () => opened.close() };
}

/** A new file takes the place of an old one: where a device, a pipe or a folder is, that would destroy it. @throws DataError */
async function checkReplaceable(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || found.isFile()) return;
  throw new DataError(
    'unreadable',
    `nothing was written to ${file}: it is ${found.isDirectory() ? 'a folder' : 'a device or a pipe'}, and only a file can be written`,
  );
}

export function unwritable(place: string, cause: unknown): Error {
  if (cause instanceof VitrineError) return cause;
  const { code } = cause as NodeJS.ErrnoException;
  const why =
    code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? 'it is not writable'
      : code === 'ENOSPC'
        ? 'the disk is full'
        : code === 'ENOTDIR' || code === 'EEXIST'
          ? 'something that is no folder is in the way'
          : String(code ?? cause);
  return new DataError('unreadable', `nothing could be written to ${place}: ${why}`, { cause });
}
