import { registerHooks } from 'node:module';

/*
 * Writes the line into `formats/registry.ts` that adds a format, on this thread and, loaded by `--import`, on the worker
 * threads. There is no other way in: formats are no plug-ins, and a thread loads the registry for itself.
 */
const ENTRY = new URL('../point-list/format.ts', import.meta.url).href;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith('/src/formats/registry.ts')) return loaded;
    const text = String(loaded.source);
    const list = /(const FORMATS: readonly MeshFormat\[\] = \[)/;
    if (!list.test(text)) throw new Error(`${url} has no list of formats`);
    return {
      ...loaded,
      source: `import { pointList } from '${ENTRY}';\n${text.replace(list, '$1pointList, ')}`,
    };
  },
});
