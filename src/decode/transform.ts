import { ConfigError, isVascuError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { shorten, showValue } from '../core/show-value.ts';
import { rejectUnknownKeys } from '../graph/graph-keys.ts';

/** Changes a sample. */
export type Transform = (data: GraphData) => GraphData | Promise<GraphData>;

/** A transform that is a module's export, so that any thread can import it. */
export interface TransformModule {
  /** Which option it is. */
  readonly option: TransformOption;
  readonly url: string;
}

type TransformOption = 'preTransform' | 'transform';

/** Transforms by where they run. */
export interface Transforms {
  /** With the decoding, on whichever thread that is. */
  readonly whereDecoded: readonly TransformModule[];
  /** On the calling thread, after them. */
  readonly here: readonly (TransformModule | { readonly option: TransformOption; readonly run: Transform })[];
}

/**
 * Sorts the transforms of a dataset by where they run: a module with the decoding, a function on the calling
 * thread. A module that comes after a function runs there too.
 *
 * @throws ConfigError for what is neither a function nor the URL of a module
 */
export function sortTransforms(options: {
  readonly preTransform?: Transform | string | URL | undefined;
  readonly transform?: Transform | string | URL | undefined;
}): Transforms {
  const whereDecoded: TransformModule[] = [];
  const here: Transforms['here'][number][] = [];
  for (const option of ['preTransform', 'transform'] as const) {
    const given = options[option];
    if (typeof given === 'function') here.push({ option, run: given });
    else if (given !== undefined) {
      const module = { option, url: moduleOf(option, given) };
      if (here.length === 0) whereDecoded.push(module);
      else here.push(module);
    }
  }
  return { whereDecoded, here };
}

/**
 * Applies transforms to a sample, one after the other.
 *
 * @throws ConfigError that names option and sample, for a transform that fails or gives no graph
 */
export async function applyTransforms(
  data: GraphData,
  transforms: Transforms['here'],
  signal?: AbortSignal,
): Promise<GraphData> {
  let result = data;
  for (const transform of transforms) {
    const { option } = transform;
    const run = 'run' in transform ? transform.run : await importTransform(transform);
    try {
      result = await run(result);
    } catch (cause) {
      signal?.throwIfAborted();
      if (isVascuError(cause)) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigError(option, `${option} failed for the sample ${data.id}: ${why}`, { cause });
    }
    checkGraph(result, option, data.id);
  }
  return result;
}

function moduleOf(option: TransformOption, given: string | URL): string {
  const text = String(given);
  if (/^(?:file|data|blob|https?|node):/.test(text) && URL.canParse(text)) return text;
  throw new ConfigError(
    option,
    `${option} must be a function or the URL of a module, not ${showValue(given)}. For a file beside yours give new URL('./${option}.js', import.meta.url).`,
  );
}

async function importTransform({ option, url }: TransformModule): Promise<Transform> {
  const { hash } = new URL(url);
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(/* webpackIgnore: true */ /* @vite-ignore */ url)) as Readonly<
      Record<string, unknown>
    >;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(option, `The module of ${option} cannot be imported: ${url}: ${why}`, { cause });
  }
  const names = hash === '' ? [option, 'default'] : [hash.slice(1)];
  const found = names.map((name) => exported[name]).find((value) => typeof value === 'function');
  if (found !== undefined) return found as Transform;
  throw new ConfigError(
    option,
    `The module ${url} exports no function ${names.map((name) => `"${name}"`).join(' or ')} for ${option}.`,
  );
}

/**
 * Checks that all parts of a graph are there and nothing else; whether they fit together is found out when it is joined
 * with others.
 *
 * @throws ConfigError naming what is not as it should be
 */
function checkGraph(value: unknown, option: TransformOption, id: string): asserts value is GraphData {
  if (!isGraph(value)) {
    throw new ConfigError(
      option,
      `${option} gave no graph for the sample ${id}: it must return what it changed.`,
    );
  }
  rejectUnknownKeys(value, option);
  for (const kind of ['edge', 'graph'] as const) {
    const arrays: unknown = value[kind];
    if (arrays === undefined) continue;
    if (!isObject(arrays)) throw noArrays(option, id, kind, arrays);
    for (const [name, array] of Object.entries(arrays)) {
      if (!isTensor(array)) throw noArrays(option, id, `${kind}["${shorten(name)}"]`, array);
    }
  }
}

function noArrays(option: TransformOption, id: string, where: string, found: unknown): ConfigError {
  const wanted =
    where === 'edge' || where === 'graph'
      ? 'an object of arrays by their names'
      : 'an array with its shape, such as { data: Float32Array.of(1), shape: [1] }';
  return new ConfigError(
    option,
    `${option} gave the sample ${id} ${showValue(found)} as ${where}, which must be ${wanted}.`,
  );
}

function isGraph(value: unknown): value is GraphData {
  if (!isObject(value)) return false;
  const { id, pos, edgeIndex, node, cell, numNodes, numEdges, numCells } = value;
  if (typeof id !== 'string' || !isObject(node) || !isObject(cell)) return false;
  const tensors = [pos, edgeIndex, ...Object.values(node), ...Object.values(cell)];
  return [numNodes, numEdges, numCells].every(Number.isSafeInteger) && tensors.every(isTensor);
}

function isTensor(value: unknown): boolean {
  return isObject(value) && ArrayBuffer.isView(value['data']) && Array.isArray(value['shape']);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
