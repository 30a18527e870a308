/** Every failure Vitrine foresees: a literal `code` to switch on and one sentence that names the thing at fault and what to do. */
export abstract class VitrineError<Code extends string = string> extends Error {
  constructor(
    readonly code: Code,
    message: string,
    options?: ErrorOptions,
  ) {
    super(oneLine(message), options);
    this.name = new.target.name;
  }
}

const [HEAD, TAIL] = [600, 300];
// Names in messages come from files: they may hold line breaks, terminal escapes or a megabyte of text.
const oneLine = (text: string): string => {
  const short = text.length > HEAD + TAIL ? `${text.slice(0, HEAD)} … ${text.slice(-TAIL)}` : text;
  return short.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ');
};

/** A model that cannot be read, or a graph that breaks ONNX's rules. */
export class GraphError extends VitrineError<
  | 'malformed'
  | 'unsupported-version'
  | 'unsupported-type'
  | 'unknown-operator'
  | 'no-inference'
  | 'type-mismatch'
  | 'shape-mismatch'
  | 'unknown-shape'
  | 'external-data'
  | 'unreadable-file'
  | 'limit'
> {}
