import type { Tensor } from '@vitrine/ir';

/** What the main thread asks of the worker. */
export type Request =
  | {
      readonly kind: 'open';
      readonly id: number;
      readonly session: number;
      readonly model: Uint8Array;
      readonly folder: string | undefined;
      readonly device: string;
      readonly threads: number;
    }
  | { readonly kind: 'run'; readonly id: number; readonly session: number; readonly feeds: ReadonlyMap<string, Tensor> }
  | { readonly kind: 'close'; readonly id: number; readonly session: number };

/** What the worker answers. */
export type Response = { readonly id: number } & ({ readonly fetches?: ReadonlyMap<string, Tensor> } | { readonly error: string });
