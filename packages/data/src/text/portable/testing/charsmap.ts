/** A node of the tree of keys, by byte; 0 leads to the text it stands for. */
interface Node {
  readonly next: Map<number, Node>;
  leaf?: number;
}

const OFFSET = 10;
const HAS_LEAF = 1 << 8;
const IS_LEAF = 0x80000000;

/** Rules as SentencePiece compiles them: a double array over the bytes of the keys (Aoe 1989), and the texts behind it. In base64. */
export function charsmapOf(rules: { readonly [key: string]: string }): string {
  const encoder = new TextEncoder();
  const texts: number[] = [];
  const top: Node = { next: new Map() };
  for (const [key, text] of Object.entries(rules)) {
    let node = top;
    for (const byte of encoder.encode(key)) {
      if (!node.next.has(byte)) node.next.set(byte, { next: new Map() });
      node = node.next.get(byte)!;
    }
    node.leaf = texts.length;
    texts.push(...encoder.encode(text), 0);
  }
  const units: number[] = [0];
  const taken = new Set([0]);
  // Nodes that shared a base would share their children.
  const bases = new Set<number>();
  place(top, 0);
  // A search may look one byte beyond any place that is taken.
  const size = 4 * (units.length + 256);
  const bytes = new Uint8Array(4 + size + texts.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, size, true);
  Array.from(units, (unit = 0, i) => view.setUint32(4 + 4 * i, unit >>> 0, true));
  bytes.set(texts, 4 + size);
  return btoa(String.fromCharCode(...bytes));

  /** Puts the children of a node where none of their places is taken. */
  function place(node: Node, at: number): void {
    const labels = [...(node.leaf === undefined ? [] : [0]), ...node.next.keys()];
    let base = 1;
    while (bases.has(base) || labels.some((label) => taken.has(base ^ label))) base++;
    bases.add(base);
    for (const label of labels) taken.add(base ^ label);
    units[at] = (units[at] ?? 0) | ((at ^ base) << OFFSET);
    if (node.leaf !== undefined) {
      units[at]! |= HAS_LEAF;
      units[base] = IS_LEAF | node.leaf;
    }
    for (const label of node.next.keys()) units[base ^ label] = label;
    for (const [label, child] of node.next) place(child, base ^ label);
  }
}
