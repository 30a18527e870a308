/** Random masks over a fine grid: a coarse one of coins, enlarged and shifted. Petsiuk et al. 2018, section 3.2. */
export interface Masks {
  /** Cells of the fine grid along each of one or two sides. */
  readonly field: readonly number[];
  /** Cells of the coarse grid along each side; no more than the field has. */
  readonly cells: number;
  /** Probability that a coarse cell is there. */
  readonly probability: number;
}

/** Coarse cells by cells become (cells + 1) C by (cells + 1) C fine ones, C = ⌈side ÷ cells⌉, by bilinear interpolation; a part as large as the field is cut out at random. */
export function* masksOf({ field, cells, probability }: Masks, uniform: () => number): Iterable<Float32Array> {
  const sides = field.map((extent) => {
    const count = Math.min(cells, extent);
    return { extent, count, cell: Math.ceil(extent / count) };
  });
  const [down, across] =
    sides.length === 1 ? [{ extent: 1, count: 1, cell: 1 }, sides[0]!] : (sides as [(typeof sides)[0], (typeof sides)[0]]);
  for (;;) {
    const coins = Float32Array.from({ length: down.count * across.count }, () => (uniform() < probability ? 1 : 0));
    const [top, left] = [Math.floor(uniform() * down.cell), Math.floor(uniform() * across.cell)];
    const mask = new Float32Array(down.extent * across.extent);
    const columns = between(across, left);
    const rows = between(down, top);
    const lines = Array.from({ length: down.count }, (_, row) => {
      const own = coins.subarray(row * across.count, (row + 1) * across.count);
      return Float32Array.from(columns, ([a, b, t]) => own[a]! + t * (own[b]! - own[a]!));
    });
    rows.forEach(([a, b, t], y) => {
      const [above, below] = [lines[a]!, lines[b]!];
      for (let x = 0; x < across.extent; x++) mask[y * across.extent + x] = above[x]! + t * (below[x]! - above[x]!);
    });
    yield mask;
  }
}

/** For each fine cell the two coarse ones it lies between, and how far it is from the first to the second. */
function between(
  { extent, count, cell }: { readonly extent: number; readonly count: number; readonly cell: number },
  shift: number,
): readonly (readonly [number, number, number])[] {
  const scale = count / ((count + 1) * cell);
  return Array.from({ length: extent }, (_, i) => {
    const at = Math.min(count - 1, Math.max(0, (i + shift + 0.5) * scale - 0.5));
    const first = Math.min(count - 1, Math.floor(at));
    return [first, Math.min(count - 1, first + 1), at - first] as const;
  });
}
