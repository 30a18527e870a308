/** Bytes that are read where needed: a buffer, or a file behind a handle. */
export interface Source {
  readonly size: number;
  /** Absolute path when the bytes lie in a file. */
  readonly file?: string;
  /** At most `length` bytes from `offset`; fewer at the end. */
  read(offset: number, length: number): Uint8Array;
}

/** A stretch of a source, unread. */
export interface Span {
  readonly source: Source;
  readonly offset: number;
  readonly length: number;
}

export const memory = (bytes: Uint8Array): Source => ({
  size: bytes.byteLength,
  read: (offset, length) => bytes.subarray(offset, offset + length),
});

export const bytesIn = ({ source, offset, length }: Span): Uint8Array => source.read(offset, length);

export const spanOf = (bytes: Uint8Array): Span => ({ source: memory(bytes), offset: 0, length: bytes.byteLength });
