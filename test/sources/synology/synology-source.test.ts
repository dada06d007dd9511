import { onTestFinished } from 'vitest';
import type { FileEntry, Source } from '../../../src/core/source.ts';
import type { SynologySource } from '../../../src/sources/synology/synology-source.ts';
import { FILES, testSource } from '../conformance.ts';
import { startNas } from './loopback.ts';

/** Shows one folder of the NAS as a source of its own: a NAS has no files beside its shares, and the contract's files are. */
function below(folder: string, source: SynologySource): Source {
  const inner = (path: string): string => `${folder}/${path}`;
  const outer = <Entry extends FileEntry>(entry: Entry): Entry => ({
    ...entry,
    path: entry.path.slice(folder.length + 1),
  });
  return {
    id: source.id,
    async *list(options = {}) {
      const prefix = options.prefix === undefined ? undefined : inner(options.prefix);
      for await (const entry of source.list({ ...options, prefix })) yield outer(entry);
    },
    stat: async (path, options) => outer(await source.stat(inner(path), options)),
    open: async (path, options) => outer(await source.open(inner(path), options)),
    [Symbol.asyncDispose]: () => source.close(),
  };
}

for (const version of ['5.2', '6.2', '7.2'] as const) {
  testSource(`Synology, DSM ${version}`, async () => {
    const { dsm, source } = await startNas({ version }, { sourceDir: 'share/cases' });
    for (const [path, content] of Object.entries(FILES)) dsm.files.write(`/share/cases/${path}`, content);
    onTestFinished(() => source.close());
    return {
      source: below('share/cases', source),
      write: async (path, content) => dsm.files.write(`/share/cases/${path}`, content),
    };
  });
}
