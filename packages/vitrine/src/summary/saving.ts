import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { SummaryRecord } from '@vitrine/audit';
import { writeTable, type WrittenFormat, type WrittenTable } from '@vitrine/data/node';
import { actor } from '../actor.js';
import type { LoadedModel } from '../model.js';
import { unwritable, writeWhole } from '../save.js';
import { VERSION } from '../version.js';
import { fileDigest } from './digest.js';

/** A folder that results go to, each file whole or not at all. Without one nothing is written. */
export interface Saving {
  /** That were written. */
  readonly files: readonly string[];
  table(name: string, table: WrittenTable, format: WrittenFormat): Promise<void>;
  json(name: string, value: object): Promise<void>;
}

/** @throws DataError naming the file */
export function saving(folder: string | undefined): Saving {
  const files: string[] = [];
  return {
    files,
    async table(name, table, format) {
      if (folder === undefined) return;
      const file = path.join(folder, name);
      const part = `${file}.part`;
      try {
        await mkdir(folder, { recursive: true });
        await writeTable(part, table, format);
        await rename(part, file);
      } catch (cause) {
        await rm(part, { force: true }).catch(() => undefined);
        throw unwritable(file, cause);
      }
      files.push(file);
    },
    async json(name, value) {
      if (folder === undefined) return;
      const file = path.join(folder, name);
      await writeWhole(file, `${JSON.stringify(value, null, 2)}\n`);
      files.push(file);
    },
  };
}

/** What the record of a summary says of where it was made, and of the files that were written. */
export async function recordParts(
  model: LoadedModel,
  files: readonly string[],
): Promise<Pick<SummaryRecord, 'createdAt' | 'actor' | 'toolVersion' | 'modelDigest' | 'modelName' | 'environment' | 'files'>> {
  const { name, version, device, threads } = await model.runtime();
  return {
    createdAt: new Date().toISOString(),
    actor: actor(),
    toolVersion: VERSION,
    modelDigest: model.subject.digest,
    modelName: model.subject.name,
    environment: { platform: `${process.platform}-${process.arch}`, node: process.version, [name]: version, device, threads },
    files: Object.fromEntries(await Promise.all(files.map(async (file) => [path.basename(file), await fileDigest(file)] as const))),
  };
}
