const starts: { readonly [format: string]: readonly (readonly [offset: number, text: string])[] } = {
  PNG: [[0, '\x89PNG\r\n\x1a\n']],
  JPEG: [[0, '\xff\xd8\xff']],
  WebP: [
    [0, 'RIFF'],
    [8, 'WEBP'],
  ],
  TIFF: [[0, 'II*\0']],
  'TIFF, big-endian': [[0, 'MM\0*']],
  BigTIFF: [[0, 'II+\0']],
  GIF: [[0, 'GIF8']],
  AVIF: [[4, 'ftypavif']],
};

/** What kind of picture the bytes start like; undefined when none that is read. SVG and its kin are programs, and are not. */
export function pictureFormat(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  return Object.keys(starts).find((format) => starts[format]!.every(([offset, text]) => head.startsWith(text, offset)));
}
