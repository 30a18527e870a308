/** Round numbers between two: about so many, in steps of 1, 2 or 5. It names nothing outside itself, because pages have it too. */
export function ticksOf(low: number, high: number, about: number): readonly number[] {
  const rough = (high - low) / about;
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((m) => m * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** What time is told in: the greatest unit that a series lasts three of; samples, where no rate is known. It names nothing outside itself. */
export function timeScale(samples: number, rateHz: number | undefined): { readonly unit: string; readonly perUnit: number } {
  if (rateHz === undefined) return { unit: 'samples', perUnit: 1 };
  const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
    ['days', 86_400],
    ['hours', 3600],
    ['minutes', 60],
    ['seconds', 1],
    ['milliseconds', 1e-3],
    ['microseconds', 1e-6],
  ];
  const seconds = samples / rateHz;
  const [unit, size] =
    UNITS.find(([name, length]) => seconds >= (name === 'seconds' ? 1 : name.endsWith('seconds') ? 1 : 3) * length) ?? UNITS.at(-1)!;
  return { unit, perUnit: size * rateHz };
}
