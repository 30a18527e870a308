/** Computes what depends on a value alone once for each value, and keeps it as long as the value. */
export function lazily<S extends object, T>(compute: (of: S) => T): (of: S) => T {
  const kept = new WeakMap<S, { readonly result: T }>();
  return (of) => {
    const found = kept.get(of);
    if (found !== undefined) return found.result;
    const result = compute(of);
    kept.set(of, { result });
    return result;
  };
}
