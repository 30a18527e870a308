/** A safetensors file: the header as JSON, then `data`. */
export function safetensors(header: object | string, data: Uint8Array | number = 0): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const file = new Uint8Array(8 + text.length + body.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(body, 8 + text.length);
  return file;
}

/** A header's entry. */
export const entry = (dtype: string, shape: readonly number[], begin: number, end: number): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
