/** Which parts are there: 1 where one is, 0 where it is taken away. [parts] */
export type Coalition = Uint8Array;
/** How much of each part is there: 1 all of it, 0 nothing, something between where it is mixed with what stands in for it. [parts] */
export type Presence = Coalition | Float32Array;

export const everyone = (players: number): Coalition => new Uint8Array(players).fill(1);
export const nobody = (players: number): Coalition => new Uint8Array(players);
export const complement = (coalition: Coalition): Coalition => coalition.map((there) => 1 - there);

/** Names of coalitions that are asked for again. */
const keys = new WeakMap<Coalition, string>();

/** A name for it, short enough to be a key: 16 parts a character. */
export const keyOf = (coalition: Coalition): string => keys.get(coalition) ?? written(coalition);

function written(coalition: Coalition): string {
  const codes = new Uint16Array(Math.ceil(coalition.length / 16));
  coalition.forEach((there, i) => (codes[i >> 4]! |= there << (i & 15)));
  let key = '';
  for (const code of codes) key += String.fromCharCode(code);
  return key;
}

/** Coalition number `bits`, part i being there where bit i is set. */
export const fromBits = (bits: number, players: number): Coalition => Uint8Array.from({ length: players }, (_, i) => (bits >> i) & 1);

/** All coalitions of so many parts, one after the other. */
export function* ofSize(players: number, size: number): Iterable<Coalition> {
  const picked = Array.from({ length: size }, (_, i) => i);
  for (;;) {
    const coalition = nobody(players);
    for (const i of picked) coalition[i] = 1;
    yield coalition;
    let last = size - 1;
    while (last >= 0 && picked[last] === players - size + last) last--;
    if (last < 0) return;
    picked[last]!++;
    for (let i = last + 1; i < size; i++) picked[i] = picked[i - 1]! + 1;
  }
}

/** A random order of 0 to count − 1. */
export function permutation(count: number, uniform: () => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Elements of coalitions that are worth remembering. */
export const MOST_KEPT = 2 ** 22;

/** Coalitions as they are made, the second time from memory where they are at most so many elements. */
export function kept(made: () => Iterable<Coalition>, elements: number): () => Iterable<Coalition> {
  if (elements > MOST_KEPT) return made;
  const known: Coalition[] = [];
  let source: Iterator<Coalition> | undefined;
  return function* () {
    for (let i = 0; ; i++) {
      if (i === known.length) {
        const { value, done } = (source ??= made()[Symbol.iterator]()).next();
        if (done) return;
        keys.set(value, written(value));
        known.push(value);
      }
      yield known[i]!;
    }
  };
}
