import { ConfigError, isVascuError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { showValue } from '../core/show-value.ts';
import { takeGraph } from './take-graph.ts';
import {
  makeContext,
  type SampleRun,
  type TransformContext,
  type TransformOption,
} from './transform-context.ts';

/** Changes a sample; the second argument says which one it is, and has its random numbers. */
export type Transform<Options = unknown> = (
  data: GraphData,
  context: TransformContext<Options>,
) => GraphData | Promise<GraphData>;

/** A transform that is a module's export, with options of its own. */
export interface ModuleTransform {
  /** URL of the module, as `new URL('./prepare.js', import.meta.url)`; a fragment names the export. */
  readonly module: string | URL;
  /** Value that the transform gets as `options`, on any thread: anything that structured cloning copies. @defaultValue none */
  readonly options?: unknown;
}

/** Transform as options take it: a function, the URL of a module, or that and options of its own. */
export type AnyTransform = Transform | string | URL | ModuleTransform;

/** Transforms as the options of a dataset. */
export interface TransformOptions {
  readonly preTransform?: AnyTransform | undefined;
  readonly transform?: AnyTransform | undefined;
}

/** A transform that is a module's export, so that any thread can import it. */
export interface TransformModule {
  /** Option by which it was given. */
  readonly option: TransformOption;
  readonly url: string;
  /** Copy of the options that were given with it. */
  readonly options?: unknown;
}

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
 * @throws ConfigError for what is neither a function nor a module, or has options that cannot go to another thread
 */
export function sortTransforms(options: TransformOptions): Transforms {
  const whereDecoded: TransformModule[] = [];
  const here: Transforms['here'][number][] = [];
  for (const option of ['preTransform', 'transform'] as const) {
    const given = options[option];
    if (typeof given === 'function') here.push({ option, run: given });
    else if (given !== undefined) {
      const module = takeModule(option, given);
      if (here.length === 0) whereDecoded.push(module);
      else here.push(module);
    }
  }
  return { whereDecoded, here };
}

/** Arguments of {@link applyTransforms} beside the sample. */
export interface ApplyOptions {
  readonly run: SampleRun;
  readonly signal?: AbortSignal | undefined;
  /** Listener that is called when one of them asks for random numbers. @defaultValue nothing */
  readonly onRandom?: (() => void) | undefined;
}

/**
 * Applies transforms to a sample, one after the other.
 *
 * @throws ConfigError that names option and sample, for a transform that fails or gives no graph
 */
export async function applyTransforms(
  data: GraphData,
  transforms: Transforms['here'],
  { run: sample, signal, onRandom }: ApplyOptions,
): Promise<GraphData> {
  let result = data;
  for (const transform of transforms) {
    const { option } = transform;
    const isModule = !('run' in transform);
    const run = isModule ? await importTransform(transform) : transform.run;
    // A copy each, as workers have it, so that nothing that one sample leaves there is seen by the next.
    const options = isModule ? structuredClone(transform.options) : undefined;
    const context = makeContext(sample, option, { options, signal, onRandom });
    const { id, metadata } = result;
    const given = { id, metadata, memory: new Set(buffersOf(result)), isModule };
    let made: unknown;
    try {
      made = await run(result, context);
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

function takeModule(option: TransformOption, given: string | URL | ModuleTransform): TransformModule {
  if (typeof given === 'string' || given instanceof URL) return { option, url: moduleOf(option, given) };
  if (typeof given !== 'object' || given === null || !('module' in given)) throw noModule(option, given);
  rejectUnknownOptions(option, given, ['module', 'options']);
  const url = moduleOf(option, given.module);
  return given.options === undefined
    ? { option, url }
    : { option, url, options: takeOptions(option, given.options) };
}

/** Copies the options of a module. @throws ConfigError that names what of them cannot be copied */
function takeOptions(option: TransformOption, options: unknown): unknown {
  try {
    return structuredClone(options);
  } catch (cause) {
    const [place, value] = findUncloneable(options, 'options') ?? ['options', options];
    throw new ConfigError(
      option,
      `${option}: ${place} is ${showValue(value)}, which cannot go to another thread: options of a module are numbers, texts, typed arrays, and lists and objects of them.`,
      { cause },
    );
  }
}

/** Finds the innermost value that cannot be copied, and where it is. */
function findUncloneable(value: unknown, place: string, depth = 0): [place: string, unknown] | undefined {
  if (canBeCloned(value)) return undefined;
  if (typeof value !== 'object' || value === null || depth > 8) return [place, value];
  for (const [name, each] of Object.entries(value)) {
    const found = findUncloneable(
      each,
      `${place}${Array.isArray(value) ? `[${name}]` : `.${name}`}`,
      depth + 1,
    );
    if (found !== undefined) return found;
  }
  return [place, value];
}

function canBeCloned(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function moduleOf(option: TransformOption, given: string | URL): string {
  const text = String(given);
  if (/^(?:file|data|blob|https?|node):/.test(text) && URL.canParse(text)) return text;
  throw noModule(option, given);
}

function noModule(option: TransformOption, given: unknown): ConfigError {
  return new ConfigError(
    option,
    `${option} must be a function, the URL of a module, or { module, options }, not ${showValue(given)}. For a file beside yours give new URL('./${option}.js', import.meta.url).`,
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
