import { trusted, type Html } from '../html.js';
import { sha256Base64 } from './sha256.js';

/** A script within a page, and the part of the page's policy that lets this script in and no other. */
export interface Inlined {
  readonly element: Html;
  readonly policy: string;
}

/** Scripts of our own, or of libraries as they are published: never anything that came from a model or a file. */
export function inlined(source: string): Inlined {
  if (/<\/script|<!--/i.test(source)) throw new Error('a script in a page must not hold what ends it');
  return { element: trusted(`<script>${source}</script>`), policy: `script-src 'sha256-${sha256Base64(source)}'; ` };
}

/** Numbers and texts for a script to read: nothing in them ends the element or runs. */
export const json = (id: string, value: unknown): Html =>
  trusted(`<script type="application/json" id="${id}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>`);
