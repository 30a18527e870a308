/** A piece of text as it was rewritten, and the place in the text it came from of each of its UTF-16 units. */
export interface Aligned {
  readonly text: string;
  readonly start: readonly number[];
  readonly end: readonly number[];
}

/** The text as it is. A character of two units has one place. */
export function aligned(text: string): Aligned {
  const [start, end]: [number[], number[]] = [[], []];
  for (const character of text) {
    const at = start.length;
    for (let i = 0; i < character.length; i++) {
      start.push(at);
      end.push(at + character.length);
    }
  }
  return { text, start, end };
}

export const sliced = ({ text, start, end }: Aligned, from: number, to: number): Aligned => ({
  text: text.slice(from, to),
  start: start.slice(from, to),
  end: end.slice(from, to),
});

/** Where units stand in the text; without any, where they would. */
export const placeOf = ({ start, end }: Aligned, from: number, to: number): readonly [number, number] =>
  from < to ? [start[from]!, end[to - 1]!] : from < start.length ? [start[from]!, start[from]!] : [end.at(-1) ?? 0, end.at(-1) ?? 0];

/** A character of a rewritten text, and how many it stands for: 0 for one that was put in behind another, whose place it shares. */
export type Written = readonly [character: string, stands: number];

/** A text rewritten character by character. One that stands for several has the place of the first. `skip` characters are left out first. */
export function rewritten(x: Aligned, characters: Iterable<Written>, skip = 0): Aligned {
  const [start, end]: [number[], number[]] = [[], []];
  let [text, at, last] = ['', 0, -1];
  const pass = (count: number): void => {
    for (let i = 0; i < count && at < x.text.length; i++) {
      last = at;
      at += widthAt(x.text, at);
    }
  };
  pass(skip);
  for (const [character, stands] of characters) {
    const place = stands > 0 ? at : last;
    for (let i = 0; i < character.length; i++) {
      start.push(x.start[place] ?? 0);
      end.push(x.end[place] ?? 0);
    }
    text += character;
    pass(stands);
  }
  return { text, start, end };
}

const widthAt = (text: string, at: number): number => (text.codePointAt(at)! > 0xffff ? 2 : 1);

export const joined = (pieces: readonly Aligned[]): Aligned => ({
  text: pieces.map(({ text }) => text).join(''),
  start: pieces.flatMap(({ start }) => start),
  end: pieces.flatMap(({ end }) => end),
});

/** Puts characters in front, which have the place of the first one. */
export function prepended(x: Aligned, text: string): Aligned {
  if (x.text === '') return x;
  const width = widthAt(x.text, 0);
  const of = (places: readonly number[]): readonly number[] => [
    ...Array.from(text, (c) => Array<number>(c.length).fill(places[width - 1]!)).flat(),
    ...places,
  ];
  return { text: text + x.text, start: of(x.start), end: of(x.end) };
}
