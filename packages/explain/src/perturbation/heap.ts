/** Items of which the one of highest priority comes first; of equal ones the one that came first. */
export interface Heap<T> {
  push(item: T): void;
  pop(): T | undefined;
  size(): number;
  all(): Iterable<T>;
}

export function heap<T>(priority: (item: T) => number): Heap<T> {
  const items: { readonly item: T; readonly rank: number; readonly turn: number }[] = [];
  let turn = 0;
  const isBefore = (i: number, j: number): boolean => {
    const [a, b] = [items[i]!, items[j]!];
    return a.rank > b.rank || (a.rank === b.rank && a.turn < b.turn);
  };
  const swap = (i: number, j: number): void => void ([items[i], items[j]] = [items[j]!, items[i]!]);
  return {
    push(item) {
      items.push({ item, rank: priority(item), turn: turn++ });
      for (let i = items.length - 1; i > 0 && isBefore(i, (i - 1) >> 1); i = (i - 1) >> 1) swap(i, (i - 1) >> 1);
    },
    pop() {
      if (items.length === 0) return undefined;
      swap(0, items.length - 1);
      const { item } = items.pop()!;
      for (let i = 0; ;) {
        const [left, right] = [2 * i + 1, 2 * i + 2];
        let first = i;
        if (left < items.length && isBefore(left, first)) first = left;
        if (right < items.length && isBefore(right, first)) first = right;
        if (first === i) return item;
        swap(i, first);
        i = first;
      }
    },
    size: () => items.length,
    all: () => items.map(({ item }) => item),
  };
}
