/** What was typed, to be typed again. */
export const commandLine = (): string =>
  `vitrine ${process.argv
    .slice(2)
    .map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')}`;
