import { type ArrayKind, KIND_NAMES } from '../core/array-kinds.ts';
import { ConfigError } from '../core/errors.ts';
import type { GraphData, Metadata } from '../core/graph.ts';
import type { Tensor, TypedArray } from '../core/mesh.ts';
import { shorten, showValue } from '../core/show-value.ts';
import type { Standardization } from '../core/statistics.ts';
import { checkLengths } from './check-lengths.ts';
import { isRecord, nameGraph, partsOf, rejectUnknownKeys } from './graph-keys.ts';
import { makeRecord } from './record.ts';
import { findFault, findPartFault, findTimesFault, type TensorFault, typeOf } from './tensor-fault.ts';
import { canBeCloned } from './transform.ts';

/** Arrays of at most so many bytes are copied at no cost that matters: a transform may give the same ones again. */
const MAX_COPIED_BYTES = 64 * 1024;

/** Graph that a transform was given, and who that is. */
export interface GivenGraph {
  readonly id: string;
  readonly metadata: Metadata;
  /** Memory of its arrays: nobody else has it. */
  readonly memory: ReadonlySet<unknown>;
  /** True when the transform is a module, which may run on another thread. */
  readonly isModule: boolean;
}

/**
 * Takes what a transform has returned as a graph that may go anywhere: to another thread, into a file, or its memory to
 * other samples. What it has returned beside arrays and metadata is not in it.
 *
 * Arrays that the transform made are copied where they are small, a part of larger memory, or in memory that cannot
 * be handed on, as that of a `SharedArrayBuffer` or a `Buffer`.
 *
 * @throws ConfigError naming what is not as it should be
 */
export function takeGraph(value: unknown, given: GivenGraph, option: string): GraphData {
  const graph = takeOwn(value, given, option);
  const taken = partsOf(value as GraphData).map(
    ([name, part]) => [name, takeOwn(part, given, option, name)] as const,
  );
  return taken.length === 0 ? graph : { ...graph, parts: makeRecord(taken) };
}

/** Takes what a graph has beside its parts. */
function takeOwn(value: unknown, given: GivenGraph, option: string, part?: string): GraphData {
  const label = nameGraph(shorten(given.id), part).replace(/^The/, 'the');
  const prefix = part === undefined ? '' : `parts["${shorten(part)}"].`;
  if (!isObject(value) || typeof value['id'] !== 'string') throw noGraph(option, label);
  const counts = [value['numNodes'], value['numEdges'], value['numCells']];
  if (!counts.every(Number.isSafeInteger)) throw noGraph(option, label);
  const result = value as unknown as GraphData;
  for (const each of ['pos', 'edgeIndex', 'node', 'cell'] as const)
    if (!isObject(result[each])) throw noGraph(option, label);
  rejectUnknownKeys(result, option, part);
  const take = (tensor: Tensor, where: string, fault: TensorFault | undefined): Tensor => {
    if (fault === undefined) return takeTensor(tensor, given.memory);
    throw new ConfigError(
      option,
      `${option} gave the sample ${shorten(given.id)} ${fault.found} as ${fault.part}${prefix}${where}, which must be ${fault.wanted}.`,
    );
  };
  const records = KIND_NAMES.map((kind) => {
    const arrays: unknown = result[kind];
    if (arrays === undefined) return [];
    if (!isRecord(arrays))
      throw noRecord(option, given.id, prefix + kind, arrays, 'an object of arrays by their names');
    const tensors = Object.entries(arrays as GraphData['node']).map(
      ([name, tensor]) => [name, take(tensor, `${kind}["${shorten(name)}"]`, findFault(tensor))] as const,
    );
    return [[kind, makeRecord(tensors)]] as const;
  });
  const { pos, edgeIndex, numNodes, numEdges, numCells, normalization, standardization, times } = result;
  const taken: GraphData = {
    id: result.id,
    pos: take(pos, 'pos', findPartFault('pos', pos)) as GraphData['pos'],
    edgeIndex: take(edgeIndex, 'edgeIndex', findPartFault('edgeIndex', edgeIndex)) as GraphData['edgeIndex'],
    ...(Object.fromEntries(records.flat()) as Pick<GraphData, ArrayKind>),
    metadata: takeMetadata(result.metadata, given, option, prefix),
    numNodes,
    numEdges,
    numCells,
    // Without what an object of another class has beside them.
    ...(isObject(normalization)
      ? { normalization: { offset: normalization.offset, scale: normalization.scale } }
      : undefined),
    ...(standardization === undefined
      ? undefined
      : { standardization: takeScales(standardization, given, option, prefix) }),
    ...(times === undefined ? undefined : { times: takeTimes(times, take) }),
  };
  checkLengths(taken, () => `${option}: ${label}`, option);
  return taken;
}

/** Takes the times of a sample's steps. */
function takeTimes(
  times: NonNullable<GraphData['times']>,
  take: (tensor: Tensor, where: string, fault: TensorFault | undefined) => Tensor,
): NonNullable<GraphData['times']> {
  return take(times, 'times', findTimesFault(times)) as NonNullable<GraphData['times']>;
}

/**
 * Copies what undoes the standardization, without what an object of another class has beside it.
 *
 * @throws ConfigError for what cannot undo it
 */
function takeScales(
  standardization: unknown,
  given: GivenGraph,
  option: string,
  prefix: string,
): Standardization {
  const place = `${prefix}standardization`;
  if (!isRecord(standardization))
    throw noRecord(option, given.id, place, standardization, 'an object of { mean, std } by names of arrays');
  const scales = Object.entries(standardization as Readonly<Record<string, unknown>>).flatMap(
    ([name, scale]) => {
      if (scale === undefined) return [];
      const { mean, std } = isObject(scale) ? scale : {};
      if (areNumbers(mean) && areNumbers(std)) return [[name, { mean: [...mean], std: [...std] }] as const];
      const where = `${place}["${shorten(name)}"]`;
      throw noRecord(option, given.id, where, scale, '{ mean, std }, a list of numbers each');
    },
  );
  return Object.fromEntries(scales);
}

function areNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number');
}

/** @param own - memory that was there before the transform: nobody else has it */
function takeTensor({ data, shape, storedAs }: Tensor, own: ReadonlySet<unknown>): Tensor {
  const { buffer, byteLength } = data;
  const Type = typeOf(data);
  const isFitting = buffer instanceof ArrayBuffer && data.constructor === Type;
  const isWhole = byteLength === buffer.byteLength && byteLength > MAX_COPIED_BYTES;
  // Also over memory of its own an array of another class would be one here and not on another thread.
  const isKept = Type === undefined || (isFitting && (isWhole || own.has(buffer)));
  const taken: TypedArray = isKept ? data : new Type(data);
  return { data: taken, shape: [...shape], ...(storedAs === undefined ? undefined : { storedAs }) };
}

/**
 * Takes the metadata that a transform gave. That of a module is copied as if it came from another thread, so that it is
 * the same without one.
 *
 * @throws ConfigError for metadata that is no object, or that cannot go to another thread
 */
function takeMetadata(metadata: unknown, given: GivenGraph, option: string, prefix: string): Metadata {
  if (metadata === given.metadata) return given.metadata;
  if (!isRecord(metadata)) throw noRecord(option, given.id, `${prefix}metadata`, metadata, 'an object');
  if (!given.isModule) return metadata as Metadata;
  try {
    return structuredClone(metadata) as Metadata;
  } catch (cause) {
    const names = Object.keys(metadata as Metadata);
    const name = names.find((each) => !canBeCloned((metadata as Metadata)[each])) ?? '';
    const found = showValue((metadata as Metadata)[name]);
    throw new ConfigError(
      option,
      `${option} gave the sample ${shorten(given.id)} ${found} as ${prefix}metadata["${shorten(name)}"], which cannot go to another thread: give numbers, texts, and lists and objects of them.`,
      { cause },
    );
  }
}

function noGraph(option: string, label: string): ConfigError {
  return new ConfigError(option, `${option} gave no graph for ${label}: it must return what it changed.`);
}

function noRecord(option: string, id: string, where: string, found: unknown, wanted: string): ConfigError {
  return new ConfigError(
    option,
    `${option} gave the sample ${shorten(id)} ${showValue(found)} as ${where}, which must be ${wanted}.`,
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
