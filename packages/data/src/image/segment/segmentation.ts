/** Which region each pixel of a picture is of, row by row; regions are numbered from 0 in the order in which rows meet them. */
export interface Segmentation {
  readonly width: number;
  readonly height: number;
  readonly count: number;
  readonly labels: Int32Array;
}

/** Regions with numbers of any kind, numbered as they are met. */
export function numbered(width: number, height: number, regionOf: ArrayLike<number>): Segmentation {
  const names = new Map<number, number>();
  const labels = new Int32Array(width * height);
  for (let i = 0; i < labels.length; i++) {
    const region = regionOf[i]!;
    let name = names.get(region);
    if (name === undefined) names.set(region, (name = names.size));
    labels[i] = name;
  }
  return { width, height, count: names.size, labels };
}
