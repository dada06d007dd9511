import { ConfigError, isVascuError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import { showValue } from '../core/show-value.ts';
import { takeGraph } from './take-graph.ts';

/** Changes a sample. */
export type Transform = (data: GraphData) => GraphData | Promise<GraphData>;

/** A transform that is a module's export, so that any thread can import it. */
export interface TransformModule {
  /** Option by which it was given. */
  readonly option: TransformOption;
  readonly url: string;
}

type TransformOption = 'preTransform' | 'transform';

/** Transforms by where they run. */
export interface Transforms {
  /** Transforms that run with the decoding, on whichever thread that is. */
  readonly whereDecoded: readonly TransformModule[];
  /** Transforms that run on the calling thread, after them. */
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
    const isModule = !('run' in transform);
    const given = { id: result.id, metadata: result.metadata, memory: new Set(buffersOf(result)), isModule };
    let made: unknown;
    try {
      made = await run(result);
    } catch (cause) {
      signal?.throwIfAborted();
      if (isVascuError(cause)) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigError(option, `${option} failed for the sample ${data.id}: ${why}`, { cause });
    }
    result = takeGraph(made, given, option);
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
