import { randomUUID } from 'node:crypto';
import { styleText } from 'node:util';
import cliProgress from 'cli-progress';

const coloured = (stream: NodeJS.WriteStream): boolean => stream.isTTY && process.env['NO_COLOR'] === undefined;
type Style = Parameters<typeof styleText>[0];

/** Stands for the escape character of our own colours until a line is written: names in a model may hold escapes, but cannot hold this. */
const ESCAPE = `<${randomUUID()}>`;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
// oxlint-disable-next-line no-control-regex
const CONTROL_BUT_NEWLINE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text of others for one line: what would move the cursor, colour, answer back or turn a line around is left out. */
export const plain = (text: string): string => text.replaceAll(/[\t\r\n]+/g, ' ').replaceAll(CONTROL, '');
/** Lines as they are written: colours come back, control characters of others do not. */
const written = (lines: string): string => `${lines.replaceAll(CONTROL_BUT_NEWLINE, '').replaceAll(ESCAPE, '\u001b')}\n`;

/** Colours on a terminal, plain text elsewhere. */
export const paint = (style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string =>
  coloured(stream) ? styleText(style, plain(text)).replaceAll('\u001b', ESCAPE) : plain(text);

export const say = (line = ''): void => void process.stdout.write(written(line));
/** Text that goes on on the same line. */
export const spill = (text: string): void => void process.stdout.write(written(text).slice(0, -1));
/** For people, beside what a program reads from stdout. */
export const note = (line: string): void => void process.stderr.write(written(line));
/** What went wrong, beside what a program reads from stdout. */
export const tell = (message: string): void => note(`${paint('red', 'vitrine:', process.stderr)} ${plain(message)}`);
/** JSON, with control characters written as JSON writes them: nothing is lost. `lines` writes it on one, for many values one after the other. */
export const sayJson = (value: unknown, lines = false): void =>
  say(
    JSON.stringify(value, null, lines ? undefined : 2).replaceAll(
      /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );

/** Columns aligned by their widest cell. */
export function table(given: readonly (readonly string[])[], indent = '  '): string {
  const rows = given.map((row) => row.map(plain));
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
