import type { Feeds, Fetches } from './session.js';

/** A session to be made. */
export interface Opening {
  readonly kind: 'open';
  readonly session: number;
  readonly model: Uint8Array;
  readonly folder: string | undefined;
  readonly device: string;
  readonly threads: number;
  /** Whether weights stay in their files and nothing is made of them when the graph is loaded. */
  readonly streams: boolean;
}

/** What the main thread asks of the worker. */
export type Request =
  | Opening
  | { readonly kind: 'run'; readonly session: number; readonly feeds: Feeds }
  | { readonly kind: 'close'; readonly session: number };

/** What the worker answers; nothing to fetch from opening and closing. */
export type Response = { readonly fetches: Fetches } | { readonly error: string };

/** Asks the worker to end. */
export const STOP = 'stop';
