import { DataError } from './error.js';

/** What a .npy file says of its array. */
export interface NpyHeader {
  /** NumPy's type code, such as '<f4'. */
  readonly descr: string;
  readonly fortran: boolean;
  readonly dims: readonly number[];
  /** Byte at which the elements start. */
  readonly start: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy's own limits. */
const MAX_RANK = 64;
const MAX_LENGTH = 65_535;

export const broken = (name: string, what: string): never => {
  throw new DataError('malformed', `${name} is not a readable .npy file: ${what}`);
};

/** Reads magic, version and the header's dict of three known keys: a parser of its own, nothing is evaluated. @throws DataError */
export function readNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  if (!MAGIC.every((b, i) => bytes[i] === b)) return broken(name, 'it does not start like one');
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) return broken(name, `its version is ${version}, and 1 to 3 are known`);
  const before = version === 1 ? 10 : 12;
  if (bytes.length < before) return broken(name, 'it ends in its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_LENGTH) return broken(name, `its header claims ${length} bytes`);
  const start = before + length;
  if (start > bytes.length) return broken(name, 'it ends in its header');
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(before, start));
  return { ...fields(text, name), start };
}

const TOKEN = /\s*('[^'\\]*'|"[^"\\]*"|[{}()[\],:]|[^\s'"{}()[\],:]+)/y;

function tokensOf(text: string, name: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let end = text.trimEnd().length, at = 0; at < end; at = TOKEN.lastIndex) tokens.push(TOKEN.exec(text)?.[1] ?? damaged(name));
  return tokens;
}

const damaged = (name: string): never => broken(name, 'its header is damaged');

/** The grammar: '{' (key ':' value ','?)* '}' with a string, a truth value or a tuple of whole numbers as value. */
function fields(text: string, name: string): Omit<NpyHeader, 'start'> {
  const tokens = tokensOf(text, name);
  let at = 0;
  const take = (): string => tokens[at++] ?? damaged(name);
  const expect = (token: string): void => void (take() === token || damaged(name));
  const quoted = (token: string): string => (/^['"]/.test(token) ? token.slice(1, -1) : damaged(name));
  const found = new Map<string, string | boolean | readonly number[]>();
  expect('{');
  for (let key = take(); key !== '}';) {
    const field = quoted(key);
    expect(':');
    const value = take();
    if (field === 'descr' && (value === '[' || value === '('))
      throw new DataError('unsupported', `${name} holds records with fields: save one plain array instead`);
    if (found.has(field)) damaged(name);
    found.set(field, value === '(' ? tuple(take, name) : value === 'True' || value === 'False' ? value === 'True' : quoted(value));
    key = take();
    if (key === ',') key = take();
    else if (key !== '}') damaged(name);
  }
  const [descr, fortran, dims] = [found.get('descr'), found.get('fortran_order'), found.get('shape')];
  const complete = at === tokens.length && found.size === 3;
  if (!complete || typeof descr !== 'string' || typeof fortran !== 'boolean' || typeof dims !== 'object') return damaged(name);
  return { descr, fortran, dims };
}

function tuple(take: () => string, name: string): readonly number[] {
  const dims: number[] = [];
  for (let token = take(); token !== ')';) {
    // Python 2 wrote long integers with an L.
    const dim = /^\d+L?$/.test(token) ? Number.parseInt(token, 10) : broken(name, `an extent of its shape is ${token}`);
    if (!Number.isSafeInteger(dim)) broken(name, `an extent of its shape is ${token}`);
    if (dims.push(dim) > MAX_RANK) broken(name, `its shape has more than ${MAX_RANK} extents`);
    token = take();
    if (token === ',') token = take();
    else if (token !== ')') damaged(name);
  }
  return dims;
}
