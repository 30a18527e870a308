import { DataError } from '../../error.js';

/** A part of tokenizer.json: an object with a type, and the fields of that. */
export interface Part {
  readonly type: string;
  readonly [field: string]: unknown;
}

const isPart = (value: unknown): value is Part =>
  typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string';

/** A field of a part, or what it is where it is not there. @throws DataError where it is of another kind */
export function field<T extends string | number | boolean>(part: Part, name: string, otherwise: T): Widened<T> {
  const value = part[name] ?? otherwise;
  if (typeof value !== typeof otherwise) throw new DataError('malformed', `${part.type}: ${name} is ${JSON.stringify(value)}`);
  return value as Widened<T>;
}

type Widened<T> = T extends string ? string : T extends number ? number : boolean;

/** Parts of a sequence. */
export function listed(part: Part, name: string): readonly Part[] {
  const list = part[name];
  if (Array.isArray(list) && list.every(isPart)) return list;
  throw new DataError('malformed', `${part.type} has no list of ${name}`);
}

/** @throws DataError 'unsupported' */
export function unsupported(what: string, type: string): never {
  throw new DataError('unsupported', `the ${what} ${type} is not known in the page: read the text in Node, or give token ids`);
}
