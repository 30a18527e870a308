/** What an option's text names, and what it says of it: `slic:segments=80,sigma=1`, or with a value of its own, `grid=8x8`. */
export interface Named {
  readonly name: string;
  readonly value: string | undefined;
  readonly settings: { readonly [name: string]: string };
}

/** A text as NAME, NAME=VALUE or NAME:KEY=VALUE,KEY=VALUE; undefined where it is none of these. */
export function named(text: string): Named | undefined {
  const [, name, value, rest] = /^([a-z][\w-]*)(?:=([^:]+))?(?::(.+))?$/i.exec(text) ?? [];
  if (name === undefined) return undefined;
  const pairs = rest?.split(',').map((pair) => pair.split('=')) ?? [];
  if (pairs.some((pair) => pair.length !== 2 || pair.some((part) => part === ''))) return undefined;
  return { name, value, settings: Object.fromEntries(pairs as [string, string][]) };
}
