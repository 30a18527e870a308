import { bytesOf, type Graph, type Tensor } from '@vitrine/ir';
import { checkBudget, price, type Fetches, type Runtime, type Session } from '@vitrine/runtime';
import { splitBy } from './split.js';

/** What questions about one example share that differ only in the place of their target, as those for each token of a text do. */
export interface Places {
  /** Graphs that programs made. */
  readonly graphs: Map<string, Graph>;
  /**
   * A session that computes only what depends on the place: the rest is computed once, and kept. Undefined where the rest takes more memory
   * than it is worth.
   */
  open(graph: Graph, memoryBytes: number): Promise<Session | undefined>;
}

type Feeds = ReadonlyMap<string, Tensor>;

function sameBits(a: Tensor, b: Tensor): boolean {
  if (a === b) return true;
  const [first, second] = [bytesOf(a), bytesOf(b)];
  return first.length === second.length && first.every((byte, i) => byte === second[i]);
}

/** The part of the memory of a run that what is kept may take. */
const SHARE = 0.25;

/** For one example on one runtime; `isPlace` tells which inputs say the place, what others are fed decides how long the rest is kept. */
export function places(runtime: Runtime, domains: ReadonlyMap<string, number>, isPlace: (input: string) => boolean): Places {
  const sessions = new Map<Graph, Promise<Session | undefined>>();
  async function opened(graph: Graph, memoryBytes: number): Promise<Session | undefined> {
    const split = splitBy(
      graph,
      graph.inputs.filter(({ name }) => isPlace(name)),
    );
    if (split === undefined || split.bytes > SHARE * memoryBytes) return undefined;
    const { still, moving } = split;
    checkBudget(price(still), memoryBytes);
    const names = still.inputs.map(({ name }) => name);
    let kept: Promise<Fetches> | undefined;
    let keptFor: Feeds = new Map();
    return {
      async run(feeds, signal) {
        // A search asks about points of its own.
        if (kept !== undefined && !names.every((name) => sameBits(feeds.get(name)!, keptFor.get(name)!))) kept = undefined;
        keptFor = kept === undefined ? feeds : keptFor;
        kept ??= runtime.open(still, { domains }).then((session) => session.run(feeds, signal));
        // A run that failed or was cancelled keeps nothing.
        const known = await kept.catch((cause: unknown) => {
          kept = undefined;
          throw cause;
        });
        return (await runtime.open(moving, { domains })).run(new Map([...feeds, ...known]), signal);
      },
      close: async () => undefined,
    };
  }
  return {
    graphs: new Map(),
    open(graph, memoryBytes) {
      const found = sessions.get(graph) ?? opened(graph, memoryBytes);
      sessions.set(graph, found);
      return found;
    },
  };
}
