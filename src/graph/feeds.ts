import { ConfigError } from '../core/errors.ts';
import type { Tensor, TypedArray } from '../core/mesh.ts';
import { showValue } from '../core/show-value.ts';
import { INDEX_NAMES, type NamedBatch, namedTensors, partPrefix } from './named-tensors.ts';
import { makeRecord } from './record.ts';

/** Types of ONNX Runtime's tensors that feeds have. */
export type FeedType =
  | 'float32'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64';

/** An input of a model, as ONNX Runtime's `new Tensor(type, data, dims)` takes it. */
export interface Feed {
  readonly type: FeedType;
  readonly data: TypedArray;
  readonly dims: readonly number[];
}

/** Options of `Batch.toFeeds`. */
export interface FeedOptions {
  /**
   * Type of `edgeIndex`, `batch`, `ptr` and `cellPtr`. ONNX's indices are 64-bit: a model that takes 32 converts
   * them. @defaultValue `'int32'`, which needs no conversion
   */
  readonly index?: 'int32' | 'int64' | undefined;
  /**
   * The inputs to make: names that are also those of the parts (`pos`, `edgeIndex`, `batch`, `ptr`, `cellPtr`,
   * `node.NAME`, `cell.NAME`, `edge.NAME`, `graph.NAME`, and of a sample's other parts `parts.PART.pos` and so on), or inputs of the model by name and the part that each gets. A session refuses
   * inputs that its model does not have. @defaultValue all parts
   */
  readonly inputs?: readonly string[] | Readonly<Record<string, string>> | undefined;
}

const TYPES: readonly (readonly [new (length: number) => TypedArray, FeedType])[] = [
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [Int8Array, 'int8'],
  [Uint8Array, 'uint8'],
  [Int16Array, 'int16'],
  [Uint16Array, 'uint16'],
  [Int32Array, 'int32'],
  [Uint32Array, 'uint32'],
  [BigInt64Array, 'int64'],
  [BigUint64Array, 'uint64'],
];

/** Makes the feeds of a model; see `Batch.toFeeds`. */
export function toFeeds(
  batch: NamedBatch,
  { index = 'int32', inputs }: FeedOptions,
): Readonly<Record<string, Feed>> {
  const parts = new Map(namedTensors(batch));
  const indices = new Set(
    ['', ...Object.keys(batch.parts).map(partPrefix)].flatMap((prefix) =>
      INDEX_NAMES.map((name) => prefix + name),
    ),
  );
  const wanted = inputs === undefined ? [...parts.keys()] : inputs;
  const pairs = Array.isArray(wanted)
    ? wanted.map((name: string) => [name, name] as const)
    : Object.entries(wanted as Readonly<Record<string, string>>);
  return makeRecord(
    pairs.map(([input, part]): [string, Feed] => {
      const tensor = parts.get(part);
      if (tensor === undefined) {
        throw new ConfigError(
          'inputs',
          `The batch has no part ${showValue(part)} for the input ${showValue(input)}. Its parts are: ${[...parts.keys()].join(', ')}.`,
        );
      }
      return [input, toFeed(tensor, index === 'int64' && indices.has(part))];
    }),
  );
}

function toFeed({ data, shape, storedAs }: Tensor, wide: boolean): Feed {
  if (wide) return { type: 'int64', data: widen(data as Int32Array), dims: shape };
  if (storedAs !== undefined && data instanceof Float64Array) {
    return storedAs === 'Int64'
      ? { type: 'int64', data: BigInt64Array.from(data, BigInt), dims: shape }
      : { type: 'uint64', data: BigUint64Array.from(data, BigInt), dims: shape };
  }
  const [, type] = TYPES.find(([Type]) => data instanceof Type) as (typeof TYPES)[number];
  return { type, data, dims: shape };
}

/** Turns indices, none below 0, into 64-bit integers. */
function widen(indices: Int32Array): BigInt64Array<ArrayBuffer> {
  const wide = new BigInt64Array(indices.length);
  // Low halves only, on the machines with little endian that there are: a BigInt for each would be slower.
  const halves = new Int32Array(wide.buffer);
  for (let at = 0; at < indices.length; at++) halves[2 * at] = indices[at] as number;
  return wide;
}
