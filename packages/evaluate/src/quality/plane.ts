export type Spot = readonly [x: number, y: number];

const turn = ([ax, ay]: Spot, [bx, by]: Spot, [cx, cy]: Spot): number => (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);

/** Area of the convex hull. Andrew 1979 (monotone chain). */
export function hullArea(spots: readonly Spot[]): number {
  const sorted = spots.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const chain = (list: readonly Spot[]): Spot[] => {
    const hull: Spot[] = [];
    for (const spot of list) {
      while (hull.length >= 2 && turn(hull.at(-2)!, hull.at(-1)!, spot) <= 0) hull.pop();
      hull.push(spot);
    }
    return hull.slice(0, -1);
  };
  const hull = [...chain(sorted), ...chain(sorted.toReversed())];
  return Math.abs(hull.reduce((sum, [x, y], i) => sum + x * hull[(i + 1) % hull.length]![1] - y * hull[(i + 1) % hull.length]![0], 0)) / 2;
}

/** Length of the Euclidean minimum spanning tree. Prim 1957. */
export function treeLength(spots: readonly Spot[]): number {
  const near = new Float64Array(spots.length).fill(Infinity);
  const done = new Uint8Array(spots.length);
  let [length, at] = [0, 0];
  for (let k = 1; k < spots.length; k++) {
    done[at] = 1;
    let next = -1;
    for (let i = 0; i < spots.length; i++) {
      if (done[i] === 1) continue;
      near[i] = Math.min(near[i]!, Math.hypot(spots[i]![0] - spots[at]![0], spots[i]![1] - spots[at]![1]));
      if (next < 0 || near[i]! < near[next]!) next = i;
    }
    length += near[next]!;
    at = next;
  }
  return length;
}
