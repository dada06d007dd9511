import { ConfigError, isVascuError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import { takeGraph } from './take-graph.ts';
import type { ApplyOptions, Transform, TransformModule, Transforms } from './transform.ts';
import { makeContext } from './transform-context.ts';

/**
 * Applies transforms to a sample, one after the other.
 *
 * @throws ConfigError that names option and sample, for a transform that fails or gives no graph
 */
export async function applyEach(
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
