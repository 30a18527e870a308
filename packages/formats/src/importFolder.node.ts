import path from 'node:path';
import { FormatError } from './error.js';
import { openFolder } from './folder.node.js';
import { importers, type Imported, type Importer } from './importers.js';
import { unreadIn } from './unread.js';

/** A folder as the first importer that knows its format reads it, with the file it was told by. @throws FormatError naming the folder */
export function importFolder(folder: string): Imported & { readonly main: string } {
  const opened = openFolder(folder);
  const all: readonly Importer[] = Object.values(importers);
  for (const importer of all) {
    const main = importer.main(opened);
    if (main !== undefined) return { ...importer.load(opened), main: path.join(folder, main) };
  }
  throw new FormatError(
    'unsupported',
    unreadIn(opened) ??
      `${folder} is a folder that holds no model: give an ONNX file, or a folder with ${all.map(({ holds }) => holds).join(', or ')}`,
  );
}
