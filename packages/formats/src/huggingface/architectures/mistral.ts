import { decoderClasses, llamaLike, windows } from '../decoder.js';
import type { Family } from '../family.js';

export const mistral = { type: 'mistral', classes: decoderClasses('Mistral', { ...llamaLike, window: windows.all }) } satisfies Family;
