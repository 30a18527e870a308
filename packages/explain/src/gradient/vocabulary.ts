import { builder, inline, tensorOf, type Graph, type NumericDType, type Value } from '@vitrine/ir';
import { checkBudget, price, type Session } from '@vitrine/runtime';
import { floats } from '../arithmetic.js';
import { embeddingsIn, type Embedding } from '../embedding.js';
import { ExplainError } from '../error.js';
import { cutAt, type Inquiry } from '../inquiry.js';

/** The vectors of all words, as the model looks them up. */
export interface Vocabulary {
  /** The vectors of words, one after the other. */
  rows(ids: readonly number[]): Promise<readonly Float32Array[]>;
  /** The words whose vectors are nearest to each of some, the nearest first. */
  nearest(vectors: readonly Float32Array[], count: number): Promise<readonly (readonly number[])[]>;
}

/** Vectors that are compared with the vocabulary at a time, and what a stretch of it may take in memory. */
const [QUERIES, STRETCH_BYTES] = [32, 2 ** 26];

type Asking = Pick<Inquiry, 'model' | 'runtime' | 'domains' | 'limits' | 'signal'>;

/**
 * The vocabulary behind an attributed value: distances are computed where the table is, a stretch of it at a time, so that it never lies in
 * memory here. @throws ExplainError 'bad-input' where the value is no lookup
 */
export function vocabularyAt(q: Asking, at: string, stretchBytes = STRETCH_BYTES): Vocabulary {
  const model = q.model();
  const embedding = embeddingsIn(model).find(({ value }) => value.name === at);
  const table = embedding && lookup(model, embedding);
  const width = embedding?.value.type.shape?.at(-1);
  if (table === undefined || embedding?.rows === undefined || typeof width !== 'number')
    throw new ExplainError(
      'bad-input',
      `${at} is no embedding of tokens that the graph looks up in a table: this method walks from word to word, so give text and leave --at at its embeddings`,
    );
  const size = embedding.rows;
  const stretch = (least: number): number => Math.min(size, Math.max(least, Math.floor(stretchBytes / (4 * width))));
  const idType = embedding.ids.type.dtype as 'int64';
  const dtype = embedding.value.type.dtype as NumericDType;
  const sessions = new Map<number, Promise<Session>>();
  /** One for each number of words, 0 for the lookup alone: to tell one graph from another takes a look at the whole table. */
  const open = (key: number, make: () => Graph): Promise<Session> => {
    const opening = sessions.get(key) ?? opened(q, make());
    sessions.set(key, opening);
    return opening;
  };

  return {
    async rows(ids) {
      const session = await open(0, () => rowsGraph(table, idType, ROWS));
      const found: Float32Array[] = [];
      for (let from = 0; from < ids.length; from += ROWS) {
        const own = ids.slice(from, from + ROWS);
        const results = await session.run(new Map([['ids', tensorOf(idType, [ROWS], padded(own, ROWS))]]), q.signal);
        const values = floats(results.get('rows')!);
        own.forEach((_, i) => found.push(Float32Array.from(values.subarray(i * width, (i + 1) * width))));
      }
      return found;
    },
    async nearest(vectors, count) {
      const wanted = Math.min(count, size);
      const length = stretch(wanted);
      const session = await open(wanted, () => nearestGraph(table, idType, { length, width, count: wanted, dtype }));
      const best = vectors.map((): (readonly [distance: number, id: number])[] => []);
      for (let from = 0; from < vectors.length; from += QUERIES) {
        const queries = new Float32Array(QUERIES * width);
        vectors.slice(from, from + QUERIES).forEach((vector, i) => queries.set(vector, i * width));
        for (let start = 0; start < size; start += length) {
          const ids = padded(range(start, Math.min(size, start + length)), length);
          const feeds = new Map([
            ['ids', tensorOf(idType, [length], ids)],
            ['vectors', tensorOf(dtype, [QUERIES, width], queries)],
          ]);
          const results = await session.run(feeds, q.signal);
          const distances = floats(results.get('distances')!);
          const places = results.get('places')!.data as BigInt64Array;
          for (let i = from; i < Math.min(vectors.length, from + QUERIES); i++) {
            const row = (i - from) * wanted;
            const fresh = range(row, row + wanted).map((k) => [distances[k]!, ids[Number(places[k])]!] as const);
            best[i] = closest([...best[i]!, ...fresh], wanted);
          }
        }
      }
      return best.map((list) => list.map(([, id]) => id));
    },
  };
}

async function opened({ runtime, domains, limits }: Asking, graph: Graph): Promise<Session> {
  checkBudget(price(graph), limits.memoryBytes);
  return runtime.open(graph, { domains });
}

/** Words looked up at a time. */
const ROWS = 512;

const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** The last one again until there are enough. */
const padded = (ids: readonly number[], length: number): readonly number[] =>
  range(0, length).map((i) => ids[Math.min(i, ids.length - 1)]!);

/** Each word once, the nearest first; of two as near, the one that comes first. */
function closest(found: readonly (readonly [number, number])[], count: number): (readonly [number, number])[] {
  const seen = new Set<number>();
  return found
    .toSorted(([a, first], [b, second]) => a - b || first - second)
    .filter(([, id]) => !seen.has(id) && seen.add(id))
    .slice(0, count);
}

/** What looks tokens up, alone: undefined where more than the token goes into its vector. */
function lookup(model: Graph, { ids, value }: Embedding): Graph | undefined {
  const cut = cutAt(model, [ids.name]);
  const end = cut.nodes.flatMap(({ outputs }) => outputs).find((v) => v?.name === value.name);
  if (end === undefined) return undefined;
  const alone = builder(cut).build([end]);
  return alone.inputs.length === 1 && alone.inputs[0]!.name === ids.name ? alone : undefined;
}

/** The lookup for a list of so many words. */
function placed(table: Graph, dtype: 'int64', length: number): { readonly b: ReturnType<typeof builder>; readonly rows: Value } {
  const b = builder();
  const ids = b.input('ids', { dtype, shape: [length] });
  const [rows] = inline(b, table, [ids], (node, into, operands) => into.replay(node, operands));
  return { b, rows: rows! };
}

const named = (b: ReturnType<typeof builder>, value: Value, name: string): Value =>
  b.named({ opType: 'Identity', name: `${name}/output`, inputs: [value], attrs: {} }, [name])[0]!;

function rowsGraph(table: Graph, dtype: 'int64', length: number): Graph {
  const { b, rows } = placed(table, dtype, length);
  return b.build([named(b, rows, 'rows')]);
}

interface Sizes {
  readonly length: number;
  readonly width: number;
  readonly count: number;
  readonly dtype: NumericDType;
}

/** Squared distances but for the length of the vector itself, which is the same for all words. */
function nearestGraph(table: Graph, idType: 'int64', { length, width, count, dtype }: Sizes): Graph {
  const { b, rows } = placed(table, idType, length);
  const { op } = b;
  const vectors = b.input('vectors', { dtype: dtype as 'float32', shape: [QUERIES, width] });
  const lengths = op.ReduceSum(op.Mul(rows, rows), b.ints([1]), { keepdims: 0 });
  const products = op.MatMul(vectors, op.Transpose(rows, { perm: [1, 0] }));
  const distances = op.Sub(lengths, op.Mul(products, 2));
  const [values, places] = op.TopK(distances, b.ints([count]), { axis: 1, largest: 0, sorted: 1 });
  return b.build([named(b, values, 'distances'), named(b, places, 'places')]);
}
