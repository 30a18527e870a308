/** Every failure Vitrine foresees: a literal `code` to switch on and one sentence that names the thing at fault and what to do. */
export abstract class VitrineError<Code extends string = string> extends Error {
  constructor(
    readonly code: Code,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

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
  | 'limit'
> {}
