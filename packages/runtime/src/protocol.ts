import type { Feeds, Fetches } from './session.js';

/** What the main thread asks of the worker. */
export type Request =
  | {
      readonly kind: 'open';
      readonly session: number;
      readonly model: Uint8Array;
      readonly folder: string | undefined;
      readonly device: string;
      readonly threads: number;
    }
  | { readonly kind: 'run'; readonly session: number; readonly feeds: Feeds }
  | { readonly kind: 'close'; readonly session: number };

/** What the worker answers; nothing to fetch from opening and closing. */
export type Response = { readonly fetches: Fetches } | { readonly error: string };

/** Asks the worker to end. */
export const STOP = 'stop';
