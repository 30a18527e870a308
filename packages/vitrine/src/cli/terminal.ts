import { styleText } from 'node:util';
import cliProgress from 'cli-progress';

const coloured = (stream: NodeJS.WriteStream): boolean => stream.isTTY && process.env['NO_COLOR'] === undefined;
type Style = Parameters<typeof styleText>[0];

/** Colours on a terminal, plain text elsewhere. */
export const paint = (style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string =>
  coloured(stream) ? styleText(style, text) : text;

export const say = (line = ''): void => void process.stdout.write(`${line}\n`);
/** For people, beside what a program reads from stdout. */
export const note = (line: string): void => void process.stderr.write(`${line}\n`);

/** Columns aligned by their widest cell. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)), []);
  return rows.map((row) => indent + row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('  ')).join('\n');
}

export interface Bar {
  update(done: number, of: number): void;
  stop(): void;
}

/** A progress bar on a terminal; nothing elsewhere. Work that is done at once shows none. */
export function bar(label: string): Bar {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  let shown: cliProgress.SingleBar | undefined;
  return {
    update(done, of) {
      if (of < 2) return;
      if (shown === undefined) {
        shown = new cliProgress.SingleBar(
          {
            format: `${label.padEnd(28)} {bar} {value}/{total}  {eta_formatted}`,
            stream: process.stderr,
            clearOnComplete: true,
            hideCursor: true,
          },
          cliProgress.Presets.shades_grey,
        );
        shown.start(of, 0);
      }
      shown.update(done);
    },
    stop: () => shown?.stop(),
  };
}
