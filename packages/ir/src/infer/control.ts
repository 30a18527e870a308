import type { Graph, Shape, Value, ValueType } from '../graph.js';
import type { InferContext } from './context.js';
import type { OutputFacts } from './index.js';

/** A node with graphs among its attributes. */
interface ControlFlow extends Pick<InferContext, 'fresh' | 'fail'> {
  readonly opType: string;
  readonly inner: ReadonlyMap<string, Graph>;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: number;
}

/** Output types of If, Loop and Scan from their graphs; undefined for other operators, whose graphs mean something else. @throws GraphError 'shape-mismatch' */
export function fromSubgraphs(c: ControlFlow): readonly OutputFacts[] | undefined {
  const types = Object.hasOwn(rows, c.opType) ? rows[c.opType]!(c) : undefined;
  return types?.map((type) => ({ type: type.dtype === 'opaque' ? UNKNOWN : type, known: undefined }));
}

const UNKNOWN: ValueType = { dtype: 'unknown', shape: undefined };
const typesOf = (values: readonly Value[]): readonly ValueType[] => values.map(({ type }) => type);
const part = (c: ControlFlow, name: string): Graph => c.inner.get(name) ?? c.fail(`attribute ${name} must be a graph`);
const expect = (c: ControlFlow, what: string, given: number, wanted: number): void => {
  if (given !== wanted) c.fail(`its ${what} ${given}, not ${wanted}`);
};

const rows: { readonly [opType: string]: (c: ControlFlow) => readonly ValueType[] } = {
  /** What both branches agree on. */
  If(c) {
    const branches = [part(c, 'then_branch'), part(c, 'else_branch')] as const;
    for (const branch of branches) {
      expect(c, 'branch takes inputs:', branch.inputs.length, 0);
      expect(c, 'branch has outputs:', branch.outputs.length, c.outputs);
    }
    const [yes, no] = branches.map(({ outputs }) => typesOf(outputs)) as [readonly ValueType[], readonly ValueType[]];
    return yes.map((a, i) => {
      const b = no[i]!;
      if (a.dtype === 'opaque' || a.dtype !== b.dtype) return UNKNOWN;
      return { dtype: a.dtype, shape: agreed(c, a.shape, b.shape) };
    });
  },
  /** Carried values may change shape from trip to trip; what is scanned gains an axis. */
  Loop(c) {
    const body = part(c, 'body');
    const carried = Math.max(0, c.inputs.length - 2);
    expect(c, 'body takes inputs:', body.inputs.length, 2 + carried);
    expect(c, 'body has outputs:', body.outputs.length, 1 + c.outputs);
    if (c.outputs < carried || c.inputs.slice(2).includes(undefined)) c.fail(`${carried} values are carried`);
    return typesOf(body.outputs.slice(1)).map((type, i): ValueType => {
      if (type.dtype === 'opaque') return type;
      if (i >= carried) return { dtype: type.dtype, shape: type.shape && [c.fresh(), ...type.shape] };
      return { dtype: type.dtype, shape: agreed(c, type.shape, c.inputs[i + 2]!.type.shape) };
    });
  },
  Scan(c) {
    const body = part(c, 'body');
    expect(c, 'body takes inputs:', body.inputs.length, c.inputs.length);
    expect(c, 'body has outputs:', body.outputs.length, c.outputs);
    if (c.inputs.includes(undefined)) c.fail('one of its inputs is missing');
    return typesOf(body.outputs).map((type) => (type.dtype === 'opaque' ? type : { dtype: type.dtype, shape: undefined }));
  },
};

/** A shape that stands for both: extents that differ are unknown. */
const agreed = (c: ControlFlow, a: Shape | undefined, b: Shape | undefined): Shape | undefined =>
  a !== undefined && a.length === b?.length ? a.map((dim, axis) => (dim === b[axis] ? dim : c.fresh())) : undefined;
