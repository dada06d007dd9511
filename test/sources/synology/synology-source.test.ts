import { expect, onTestFinished, test } from 'vitest';
import type { FileEntry, Source } from '../../../src/core/source.ts';
import type { SynologySource } from '../../../src/sources/synology/synology-source.ts';
import { sparse } from '../../servers/dsm/file-tree.ts';
import { failureOf } from '../../temporary-folder.ts';
import { FILES, testSource } from '../conformance.ts';
import { collect, startNas } from './loopback.ts';

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

test('the signal of the source ends every call, with its reason', async () => {
  const controller = new AbortController();
  const { dsm, source } = await startNas({}, { signal: controller.signal });
  dsm.files.write('/s/big.vtu', sparse(5 * 1024 ** 3));
  const { body } = await source.open('s/big.vtu');
  const reader = body.getReader();
  await reader.read();
  controller.abort(new Error('stop'));
  const drain = async (): Promise<void> => {
    for (;;) if ((await reader.read()).done) return;
  };
  expect(await failureOf(drain())).toBe(controller.signal.reason);
  for (const use of [source.stat('s/big.vtu'), source.listShares(), collect(source), source.connect()]) {
    expect(await failureOf(use)).toBe(controller.signal.reason);
  }
  await source.close();
  expect(dsm.liveSessions).toBe(0);
});
