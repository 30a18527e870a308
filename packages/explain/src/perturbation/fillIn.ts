/** Weights of the neighbours by side and by corner. Rong et al. 2022, appendix. */
const [SIDE, CORNER] = [1 / 6, 1 / 12];
/** Steps of conjugate gradients at most, and the share of the first residual at which they end: finer differences are below a grey level. */
const [MOST_STEPS, ENOUGH] = [200, 1e-3];

/**
 * A plane [H,W] whose missing places (0 in `left`) are each the weighted mean of their up to eight neighbours; what is left stays. The
 * system is symmetric and positive definite where anything is left; where nothing is, all is the mean.
 */
export function fillIn(plane: Float32Array, left: Uint8Array, width: number, height: number): Float32Array {
  const missing = Int32Array.from(left.keys()).filter((p) => left[p] === 0);
  const known = plane.filter((_, p) => left[p] === 1);
  const start = (known.length === 0 ? plane : known).reduce((s, v) => s + v, 0) / (known.length || plane.length);
  const filled = plane.map((v, p) => (left[p] === 1 ? v : start));
  if (missing.length === 0 || known.length === 0) return filled;
  // Solves for the difference d from where it starts: A d = b, with b what each place lacks of being the mean of its neighbours.
  const lack = (v: Float32Array): Float32Array => laplacian(v, missing, width, height).map((a) => -a);
  const residual = lack(filled);
  const [direction, step] = [new Float32Array(plane.length), new Float64Array(missing.length)];
  let norm = dot(residual, residual);
  const enough = ENOUGH * ENOUGH * norm;
  missing.forEach((p, i) => (direction[p] = residual[i]!));
  for (let k = 0; k < MOST_STEPS && norm > enough && norm > 0; k++) {
    const image = laplacian(direction, missing, width, height);
    let along = 0;
    for (let i = 0; i < missing.length; i++) along += direction[missing[i]!]! * image[i]!;
    const length = norm / along;
    for (let i = 0; i < missing.length; i++) {
      step[i]! += length * direction[missing[i]!]!;
      residual[i]! -= length * image[i]!;
    }
    const next = dot(residual, residual);
    for (let i = 0; i < missing.length; i++) direction[missing[i]!] = residual[i]! + (next / norm) * direction[missing[i]!]!;
    norm = next;
  }
  missing.forEach((p, i) => (filled[p]! += step[i]!));
  return filled;
}

/** At each missing place what it has beyond its neighbours, weighted: Σ w (v − v of the neighbour). */
function laplacian(v: Float32Array, places: Int32Array, width: number, height: number): Float32Array {
  const found = new Float32Array(places.length);
  for (let i = 0; i < places.length; i++) {
    const p = places[i]!;
    const x = p % width;
    const here = v[p]!;
    let sum = 0;
    const [west, east] = [x > 0, x < width - 1];
    if (west) sum += SIDE * (here - v[p - 1]!);
    if (east) sum += SIDE * (here - v[p + 1]!);
    if (p >= width) {
      sum += SIDE * (here - v[p - width]!);
      if (west) sum += CORNER * (here - v[p - width - 1]!);
      if (east) sum += CORNER * (here - v[p - width + 1]!);
    }
    if (p < width * (height - 1)) {
      sum += SIDE * (here - v[p + width]!);
      if (west) sum += CORNER * (here - v[p + width - 1]!);
      if (east) sum += CORNER * (here - v[p + width + 1]!);
    }
    found[i] = sum;
  }
  return found;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
