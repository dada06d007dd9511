import type { GraphData } from '../../../src/core/graph.ts';

type Change = (data: GraphData) => object;

const numbers = (...values: number[]): Float32Array<ArrayBuffer> => Float32Array.from(values);
const perNode =
  (make: (numNodes: number) => unknown): Change =>
  (data) => ({ node: { ...data.node, odd: make(data.numNodes) } });
const shared = { data: numbers(1, 2, 3), shape: [3] };
const large = { data: new Float32Array(20_000), shape: [20_000] };

/** What a transform may add or change that cannot go on, by what is said of it. */
const REFUSED: Readonly<Record<string, readonly [RegExp, Change]>> = {
  list: [/an array of 3 as node\["odd"\], which must be an array with its shape/, perNode(() => [1, 2, 3])],
  bare: [/a Float32Array of 16 bytes as node\["odd"\]/, perNode((count) => new Float32Array(count))],
  nothing: [/undefined as node\["odd"\]/, perNode(() => undefined)],
  view: [
    /a DataView of 4 bytes as the data of graph\["odd"\], which must be one of Float32Array, /,
    () => ({ graph: { odd: { data: new DataView(new ArrayBuffer(4)), shape: [4] } } }),
  ],
  clamped: [
    /a Uint8ClampedArray of 4 bytes as the data of node\["odd"\]/,
    perNode((count) => ({ data: new Uint8ClampedArray(count), shape: [count] })),
  ],
  longShape: [
    /\[4, 2\] as the shape of node\["odd"\], which must be .* the number of values, 4/,
    perNode((count) => ({ data: new Float32Array(count), shape: [count, 2] })),
  ],
  textShape: [
    /\["4"\] as the shape of node\["odd"\]/,
    perNode((count) => ({ data: new Float32Array(count), shape: [String(count)] })),
  ],
  negativeShape: [
    /\[-1, -1\] as the shape of graph\["odd"\]/,
    () => ({ graph: { odd: { data: numbers(1), shape: [-1, -1] } } }),
  ],
  doublePositions: [
    /a Float64Array of shape \[4, 3\] as pos, which must be a Float32Array of shape \[nodes, 3\]/,
    ({ pos }) => ({ pos: { data: Float64Array.from(pos.data), shape: pos.shape } }),
  ],
  flatPositions: [
    /a Float32Array of shape \[4, 2\] as pos/,
    ({ numNodes }) => ({ pos: { data: new Float32Array(2 * numNodes), shape: [numNodes, 2] } }),
  ],
  doubleEdges: [
    /a Float64Array of shape \[2, 12\] as edgeIndex, which must be an Int32Array of shape \[2, edges\]/,
    ({ edgeIndex }) => ({ edgeIndex: { ...edgeIndex, data: Float64Array.from(edgeIndex.data) } }),
  ],
  edgeMap: [
    /an object of Map as edge, which must be an object/,
    () => ({ edge: new Map([['odd', shared]]) }),
  ],
  edgeList: [/an array of 1 as edge, which must be an object/, () => ({ edge: [shared] })],
  noMetadata: [/null as metadata, which must be an object/, () => ({ metadata: null })],
  noParts: [/null as parts, which must be an object/, () => ({ parts: null })],
  scaleOfNumbers: [
    /an object as standardization\["node\.odd"\], which must be \{ mean, std \}, a list of numbers each/,
    () => ({ standardization: { 'node.odd': { mean: 1, std: 2 } } }),
  ],
  scaleText: [/"z" as standardization, which must be an object/, () => ({ standardization: 'z' })],
  largeConstant: [
    /(?:memory that another sample has|handed over with another sample).*copy/,
    () => ({ graph: { odd: large } }),
  ],
  closure: [
    /a function as metadata\["odd"\], which cannot go to another/,
    () => ({ metadata: { odd() {} } }),
  ],
};

/** What a transform may add or change that goes on, by the values of its array `odd`. */
const TAKEN: Readonly<Record<string, Change>> = {
  constant: () => ({ graph: { odd: shared } }),
  sharedMemory: () => {
    const data = new Float32Array(new SharedArrayBuffer(12));
    data.set([1, 2, 3]);
    return { graph: { odd: { data, shape: [3] } } };
  },
  part: () => ({ graph: { odd: { data: numbers(0, 1, 2, 3, 4).subarray(1, 4), shape: [3] } } }),
  pooled: () => ({ graph: { odd: { data: Buffer.from([1, 2, 3]), shape: [3] } } }),
  method: () => ({ graph: { odd: { ...shared, show: () => 'odd' } } }),
};

export const refusals: readonly (readonly [name: string, message: RegExp])[] = Object.entries(REFUSED).map(
  ([name, [message]]) => [name, message],
);
export const taken: readonly string[] = Object.keys(TAKEN);

/** A transform by its name. */
export function changeBy(name: string): (data: GraphData) => GraphData {
  const change = TAKEN[name] ?? REFUSED[name]?.[1];
  if (change === undefined) throw new Error(`there is no change ${name}`);
  return (data) => ({ ...data, ...change(data) });
}
