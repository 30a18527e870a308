import type { Dim } from '../graph.js';
import { dtypes, type DType } from '../tensor.js';
import { shapeOf, type InferTable } from './context.js';

const TYPE = /^(\w+)\[((?:-?\d+(?:,-?\d+)*)?)\]$/;

/** A model that is asked elsewhere: its outputs are as it declares them; where the first axis is open, it is that of the first input. */
export const endpoint = {
  'ai.vitrine.Endpoint': (c) =>
    c.attrs.types.map((text) => {
      const [, dtype, dims] = TYPE.exec(text) ?? [];
      if (dtype === undefined || !Object.hasOwn(dtypes, dtype)) return c.fail(`types must be written as float32[-1,10], not ${text}`);
      const first = c.x[0] === undefined ? undefined : shapeOf(c.x[0])[0];
      const shape =
        dims === ''
          ? []
          : dims!.split(',').map((d, i): Dim => (Number(d) >= 0 ? Number(d) : i === 0 && first !== undefined ? first : c.fresh()));
      return { dtype: dtype as DType, shape };
    }),
} satisfies InferTable;
