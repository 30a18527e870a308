/** The first 32 bits of the fractions of the primes' cube roots, and of the first eight square roots. */
const primes = Array.from({ length: 311 }, (_, n) => n + 2).filter((n) => {
  for (let k = 2; k * k <= n; k++) if (n % k === 0) return false;
  return true;
});
const fraction = (root: number): number => Math.floor((root - Math.floor(root)) * 2 ** 32);
const ROUNDS = Uint32Array.from(primes.slice(0, 64), (p) => fraction(Math.cbrt(p)));
const START = Uint32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));

const rotated = (x: number, by: number): number => (x >>> by) | (x << (32 - by));

/** SHA-256 of a text in UTF-8, in base64: at once, because a page is written at once. FIPS 180-4, section 6.2. */
export function sha256Base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  const h = Uint32Array.from(START);
  const w = new Uint32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let t = 0; t < 16; t++) w[t] = view.getUint32(block + 4 * t);
    for (let t = 16; t < 64; t++) w[t] = small(w[t - 2]!, 17, 19, 10) + w[t - 7]! + small(w[t - 15]!, 7, 18, 3) + w[t - 16]!;
    const s = Uint32Array.from(h);
    for (let t = 0; t < 64; t++) {
      const [a, b, c, , e, f, g] = s as unknown as readonly [number, number, number, number, number, number, number];
      const first = s[7]! + big(e, 6, 11, 25) + ((e & f) ^ (~e & g)) + ROUNDS[t]! + w[t]!;
      const second = big(a, 2, 13, 22) + ((a & b) ^ (a & c) ^ (b & c));
      s.copyWithin(1, 0, 7);
      s[4] = s[4]! + first;
      s[0] = first + second;
    }
    for (let i = 0; i < 8; i++) h[i] = h[i]! + s[i]!;
  }
  const out = new DataView(new ArrayBuffer(32));
  h.forEach((word, i) => out.setUint32(4 * i, word));
  return btoa(String.fromCharCode(...new Uint8Array(out.buffer)));
}

const small = (x: number, a: number, b: number, shift: number): number => rotated(x, a) ^ rotated(x, b) ^ (x >>> shift);
const big = (x: number, a: number, b: number, c: number): number => rotated(x, a) ^ rotated(x, b) ^ rotated(x, c);
