import type { Dataset } from '../../src/core/dataset.ts';
import type { GraphData } from '../../src/core/graph.ts';

/** A graph of `numNodes` nodes in a ring, its positions and its one array set to `value`. */
export function makeGraph(id: string, numNodes = 3, value = 0): GraphData {
  const nodes = Array.from({ length: numNodes }, (_, index) => index);
  const next = (index: number): number => (index + 1) % numNodes;
  const previous = (index: number): number => (index + numNodes - 1) % numNodes;
  const targets = nodes.map((node) => [previous(node), next(node)].toSorted((a, b) => a - b));
  return {
    id,
    pos: { data: new Float32Array(3 * numNodes).fill(value), shape: [numNodes, 3] },
    edgeIndex: {
      data: Int32Array.from([...nodes.flatMap((node) => [node, node]), ...targets.flat()]),
      shape: [2, 2 * numNodes],
    },
    node: Object.assign(Object.create(null), {
      pressure: { data: new Float32Array(numNodes).fill(value), shape: [numNodes] },
    }),
    cell: Object.create(null) as GraphData['cell'],
    metadata: { value },
    numNodes,
    numEdges: 2 * numNodes,
    numCells: 0,
  };
}

/** A dataset whose samples end loading when the test says so. */
export class HeldDataset implements Dataset {
  readonly length: number;
  readonly started: number[] = [];
  readonly aborted: number[] = [];
  readonly #open = new Map<number, (error?: Error) => void>();

  constructor(length: number) {
    this.length = length;
  }

  get(index: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<GraphData> {
    this.started.push(index);
    return new Promise((resolve, reject) => {
      this.#open.set(index, (error) =>
        error === undefined ? resolve(makeGraph(`${index}`)) : reject(error),
      );
      signal?.addEventListener('abort', () => {
        if (this.#open.delete(index)) this.aborted.push(index);
        reject(signal.reason as Error);
      });
    });
  }

  /** Ends the loading of samples, and lets everything run that follows from it. */
  async end(...indices: readonly number[]): Promise<void> {
    for (const index of indices) {
      this.#open.get(index)?.();
      this.#open.delete(index);
      await new Promise(setImmediate);
    }
  }

  async fail(index: number, error: Error): Promise<void> {
    this.#open.get(index)?.(error);
    this.#open.delete(index);
    await new Promise(setImmediate);
  }
}
