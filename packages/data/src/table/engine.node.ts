import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api';

/** What one file may take of the machine. */
const LIMITS = { threads: '2', temp_directory: '' };
/** Of memory, for each column: some thousand rows are read at a time. */
const MB_PER_COLUMN = 0.2;

/** An analytical engine that sees one file. */
export interface Engine {
  /** Rows of a SELECT, some at a time, in their order. Each call reads for itself. */
  rows(select: string): AsyncGenerator<Rows, undefined>;
  close(): void;
}

/** Neighbouring rows. */
export interface Rows {
  readonly count: number;
  /** By place. */
  value(column: number, row: number): DuckDBValue;
}

/**
 * Opens something over DuckDB that sees one file, which may be hostile: nothing else can be read or written, no extension loaded, no setting
 * changed. Statements must not hold text of others but as `quoted`. The engine is closed where opening fails.
 */
export async function withEngine<T>(file: string, megabytes: number, open: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await engineFor(file, megabytes);
  try {
    return await open(engine);
  } catch (cause) {
    engine.close();
    throw cause;
  }
}

async function engineFor(file: string, megabytes: number): Promise<Engine> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance: DuckDBInstance = await DuckDBInstance.create(':memory:', {
    ...LIMITS,
    max_memory: `${megabytes}MB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_persistent_secrets: 'false',
  });
  const first = await instance.connect();
  for (const statement of [`allowed_paths = [${quoted(file)}]`, 'enable_external_access = false', 'lock_configuration = true'])
    await first.run(`SET ${statement}`);
  first.closeSync();
  return {
    async *rows(select) {
      // A statement ends the stream of the one before it on the same connection.
      const connection = await instance.connect();
      try {
        yield* complete(connection, select);
      } finally {
        connection.closeSync();
      }
      return undefined;
    },
    close: () => instance.closeSync(),
  };
}

/** A name that no column of a file has. */
const END = `end ${Math.E}`;

/**
 * A stream that fails ends as one that is complete does: no error is told (duckdb-rs#664). So a last row says that all came; without it, the same
 * rows are asked for once more, not as a stream, to hear why.
 */
async function* complete(connection: DuckDBConnection, select: string): AsyncGenerator<Rows, undefined> {
  const result = await connection.stream(`SELECT true AS "${END}", * FROM (${select}) UNION ALL BY NAME SELECT false AS "${END}"`);
  for (let ended = false; ;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) {
      if (ended) return undefined;
      await connection.run(`SELECT bit_xor(hash(t)) FROM (${select}) t`);
      throw new Error('reading stopped before the end');
    }
    const marks = chunk.getColumnVector(0);
    ended = marks.getItem(chunk.rowCount - 1) === false;
    const vectors = Array.from({ length: chunk.columnCount - 1 }, (_, i) => chunk.getColumnVector(i + 1));
    const count = chunk.rowCount - Number(ended);
    if (count > 0) yield { count, value: (column, row) => vectors[column]!.getItem(row) };
  }
}

/** Memory for a table: what its format needs, and what rows of so many columns do. */
export const megabytes = (base: number, columns: number): number => Math.round(base + MB_PER_COLUMN * columns);

/** Text as SQL writes it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
/** The first line of what the engine says, without the names of its classes and of the file. */
export const saidBy = (cause: unknown, file: string): string =>
  (cause instanceof Error ? cause.message : String(cause))
    .split('\n', 1)[0]!
    .replace(/^(\w+ )*Error: /, '')
    .replaceAll(file, 'it')
    .replaceAll(/ ?"it"/g, ' it')
    .trim();
