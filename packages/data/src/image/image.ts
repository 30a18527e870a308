/** A picture in memory. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [H,W,C], from 0 to 1. */
  readonly data: Float32Array;
}

/** Pixels to be shown: [H,W,4], 0 to 255. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray;
}

/** The picture with three channels. */
export function toRgb(image: Image): Image {
  if (image.channels === 3) return image;
  const data = new Float32Array(image.data.length * 3);
  image.data.forEach((v, i) => data.fill(v, 3 * i, 3 * i + 3));
  return { ...image, channels: 3, data };
}

/** Luma by ITU-R BT.601, as Pillow and OpenCV convert. */
export function toGrey(image: Image): Image {
  if (image.channels === 1) return image;
  const data = Float32Array.from(
    { length: image.width * image.height },
    (_, i) => 0.299 * image.data[3 * i]! + 0.587 * image.data[3 * i + 1]! + 0.114 * image.data[3 * i + 2]!,
  );
  return { ...image, channels: 1, data };
}
