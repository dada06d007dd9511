import { ConfigError } from '../data.ts';
import { CacheManager } from '../io.ts';
import { makeClientFilter } from './client-filter.ts';
import type { Context } from './operation.ts';

/** Options whose functions nobody waits for. */
const UNAWAITED: readonly string[] = ['onWarning', 'onProgress'];

/**
 * Makes options of what a message says of them: `{ "$callback": n }` is a function of the client, `{ "$handle": n }` an
 * open cache, `{ "$groups": { path: group } }` a function that gives each sample's group, as of `sharedMesh`, and
 * `{ "$pages": true }` the function that goes with the request, which says of many samples at a time whether they belong.
 *
 * @throws DisposedError for a handle that is not there
 */
export function reviveOptions(
  options: Readonly<Record<string, unknown>>,
  { call, client, handles }: Context,
): Record<string, unknown> {
  const revive = (name: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$handle' in value) return handles.get(value.$handle as number, CacheManager);
    if ('$groups' in value) return groupOf(value.$groups as Readonly<Record<string, string>>);
    if ('$pages' in value) return makeClientFilter((page) => client.ask(call.id, [page]));
    if (!('$callback' in value)) return value;
    const callback = value.$callback;
    if (typeof callback !== 'number') throw new ConfigError(name, `${name} names no function.`);
    const ask = (...args: readonly unknown[]): Promise<unknown> => client.ask(callback, args);
    return UNAWAITED.includes(name)
      ? (...args: readonly unknown[]) => void ask(...args).catch(() => {})
      : ask;
  };
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, revive(name, value)]));
}

function groupOf(groups: Readonly<Record<string, string>>) {
  return ({ path }: { readonly path: string }): string | undefined =>
    Object.hasOwn(groups, path) ? groups[path] : undefined;
}
