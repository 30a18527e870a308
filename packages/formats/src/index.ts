export { FormatError } from './error.js';
export type { Folder } from './folder.js';
export { architectures } from './huggingface/architectures/index.js';
export { importers, type Imported, type Importer } from './importers.js';
export { readSafetensors } from './safetensors.js';
