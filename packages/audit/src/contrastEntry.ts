import type { Contrast } from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';
import type { ContrastShown } from './report/contrast.js';

export type ToldContrast = Pick<ContrastShown, 'findings' | 'changes'>;

/** Another example that a method found, in numbers and words; `point` has the digest of each value. */
export type ContrastEntry = Omit<Contrast, 'point'> & ToldContrast & { readonly point: { readonly [value: string]: string } };

export async function contrastEntry(
  { point, ...rest }: Contrast,
  told: ToldContrast = { findings: [], changes: [] },
  digest: (tensor: Tensor) => Promise<string>,
): Promise<ContrastEntry> {
  const digests = await Promise.all([...point].map(async ([name, tensor]) => [name, await digest(tensor)] as const));
  return { ...rest, ...told, point: Object.fromEntries(digests) };
}
