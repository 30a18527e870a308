import { trusted, type Html } from '../html.js';
import { sha256Base64 } from './sha256.js';

/** A script within a page, and the part of the page's policy that lets this script in and no other. */
export interface Inlined {
  readonly element: Html;
  readonly policy: string;
}

/** Functions that run in a page: each names nothing outside itself, because only its own source goes there. */
export type PageFunction = (document: Document) => void;

/** Scripts of our own, or of libraries as they are published: never anything that came from a model or a file. */
export function inlined(source: string): Inlined {
  if (/<\/script|<!--/i.test(source)) throw new Error('a script in a page must not hold what ends it');
  return { element: trusted(`<script>${source}</script>`), policy: `script-src 'sha256-${sha256Base64(source)}'; ` };
}

/** The functions, called one after the other when the page stands. */
export const calls = (functions: readonly PageFunction[]): Inlined =>
  inlined(`'use strict';\n${functions.map((each) => `(${String(each)})(document);`).join('\n')}`);

/** Numbers and texts for a script to read: nothing in them ends the element or runs. */
export const json = (id: string, value: unknown): Html =>
  trusted(`<script type="application/json" id="${id}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>`);
