import { shapeOf, type InferContext, type InferTable } from './context.js';

/** Recurrent networks: Y, Y_h and, for LSTM, Y_c. Layout 0 is [T,N,F], layout 1 is [N,T,F]. */
const recurrence = (c: InferContext<'GRU' | 'LSTM' | 'RNN'>): readonly (readonly (number | string)[])[] => {
  const [x, , r] = c.x;
  const [first, second] = shapeOf(x) as readonly [number | string, number | string];
  const [directions, , hidden] = shapeOf(r) as readonly [number | string, unknown, number | string];
  if (shapeOf(x).length !== 3 || shapeOf(r).length !== 3) c.fail('needs X [T,N,F] and R [directions,gates × hidden,hidden]');
  const y = c.attrs.layout === 1 ? [first, second, directions, hidden] : [first, directions, second, hidden];
  const last = c.attrs.layout === 1 ? [first, directions, hidden] : [directions, second, hidden];
  return [y, last, last].slice(0, c.outputs);
};

export const recurrent = { GRU: recurrence, LSTM: recurrence, RNN: recurrence } satisfies InferTable;
