import type { Tokenizer } from './tokens.js';

/**
 * A tokenizer from the text of `tokenizer.json` for the page, where there is no native library: the same ids and places. `name` stands
 * for it in messages. @throws DataError 'malformed', or 'unsupported' for parts that are not known there
 */
export async function pageTokenizer(json: string, name = 'tokenizer.json'): Promise<Tokenizer> {
  // Loaded when first needed: most pages read no text.
  const { portableTokenizer } = await import('./portable/portable.js');
  return portableTokenizer(json, name);
}
