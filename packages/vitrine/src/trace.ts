import { isLong, shadeOf, type TraceShown } from '@vitrine/audit';
import { encodePng } from '@vitrine/data/node';
import { csv } from './layers.js';

/** A row for each generated token and each token before it: both with their places, the part of the prompt, and the value. */
export const traceCsv = ({ tokens, rows }: TraceShown): Uint8Array =>
  csv([
    ['token', 'position', 'context', 'context position', 'part', 'value'],
    ...rows.flatMap(({ token, values }) =>
      values.map((value, t) => [tokens[token]!.text, token, tokens[t]!.text, t, tokens[t]!.part ?? '', value] as const),
    ),
  ]);

/** Most cells across and down: of more, neighbours are one cell that shows the strongest of them. */
const [MOST_COLUMNS, MOST_ROWS] = [1500, 500];
/** Sides of a cell in pixels: stripes need four, and few rows are drawn taller. */
const [SIDE, TALLEST, HEIGHT] = [4, 16, 400];

/** Orange and purple that are seen on light pages and on dark ones. */
const [PRO, CON] = [
  [214, 116, 16],
  [130, 100, 190],
] as const;

/** More shades than these are not told apart, and make a larger file. */
const SHADES = 16;

/** A trace with all its values as a picture, where they are too many for a table. */
export async function pictured(trace: TraceShown): Promise<TraceShown> {
  if (!isLong(trace)) return trace;
  const rows = trace.rows.map(({ values }) => values);
  const columns = rows.reduce((n, row) => Math.max(n, row.length), 0);
  const [across, down] = [Math.ceil(columns / MOST_COLUMNS), Math.ceil(rows.length / MOST_ROWS)];
  const [cellsX, cellsY] = [Math.ceil(columns / across), Math.ceil(rows.length / down)];
  const cells = new Float64Array(cellsX * cellsY);
  for (const [r, row] of rows.entries())
    for (const [t, v] of row.entries()) {
      const cell = Math.floor(r / down) * cellsX + Math.floor(t / across);
      if (Math.abs(v) > Math.abs(cells[cell]!)) cells[cell] = v;
    }
  const tall = Math.max(SIDE, Math.min(TALLEST, Math.floor(HEIGHT / cellsY)));
  const bytes = await encodePng(painted(cells, cellsX, cellsY, tall));
  return { ...trace, picture: `data:image/png;base64,${Buffer.from(bytes).toString('base64')}` };
}

/** Cells on a transparent ground, for light pages and dark ones: plain for more than zero, striped for less. */
function painted(cells: Float64Array, cellsX: number, cellsY: number, tall: number): Parameters<typeof encodePng>[0] {
  const [width, height] = [cellsX * SIDE, cellsY * tall];
  const most = cells.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0) || 1;
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const v = cells[Math.floor(y / tall) * cellsX + Math.floor(x / SIDE)]!;
      const stripe = v < 0 && (x + y) % SIDE === 0;
      const shade = Math.round(SHADES * shadeOf(v, most));
      if (shade > 0 && !stripe) rgba.set([...(v > 0 ? PRO : CON), (255 * shade) / SHADES], 4 * (y * width + x));
    }
  return { width, height, rgba };
}
