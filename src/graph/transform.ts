import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { showValue } from '../core/show-value.ts';
import type { SampleRun, TransformContext, TransformOption } from './transform-context.ts';

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

/**
 * Copies the transforms of a dataset with the options that their modules were given: what becomes of these later changes
 * nothing, also not in datasets that are made of it.
 *
 * @throws ConfigError as {@link sortTransforms}
 */
export function copyTransforms({ preTransform, transform }: TransformOptions): TransformOptions {
  const copy = (option: TransformOption, given: AnyTransform | undefined): TransformOptions =>
    typeof given === 'object' && 'module' in given && given.options !== undefined
      ? { [option]: { module: given.module, options: takeOptions(option, given.options) } }
      : {};
  return { ...copy('preTransform', preTransform), ...copy('transform', transform) };
}

/** Arguments of {@link applyTransforms} beside the sample. */
export interface ApplyOptions {
  readonly run: SampleRun;
  readonly signal?: AbortSignal | undefined;
  /** Listener that is called when one of them asks for random numbers, or for the index. @defaultValue nothing */
  readonly onRandom?: (() => void) | undefined;
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

/** Tells whether a value can go to another thread. */
export function canBeCloned(value: unknown): boolean {
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
