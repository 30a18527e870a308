/** Places counted in Unicode code points, as tokenizers count them, to places in UTF-16 units, as JavaScript does. */
export function utf16Offsets(text: string): (codePoints: number) => number {
  // Most text has no character of two units.
  if (!/[\uD800-\uDBFF]/.test(text)) return (at) => Math.min(at, text.length);
  const starts: number[] = [];
  for (let i = 0; i < text.length; i += text.codePointAt(i)! > 0xffff ? 2 : 1) starts.push(i);
  return (at) => starts[at] ?? text.length;
}
