import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { FileEntry, LeftOut, ListOptions } from '../../src/core/source.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { LocalSource } from '../../src/sources/local/local-source.ts';
import { type Files, failureOf, makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

const LEFT_OUT: readonly LeftOut[] = [
  { path: '@Recycle', reason: 'system-folder' },
  ...['a', 'b', 'c', 'd'].map((path): LeftOut => ({ path, reason: 'no-permission' })),
];

/** A folder whose listing tells of what it passes over. */
class PartlyListed extends LocalSource {
  override async *list(options: ListOptions = {}): AsyncGenerator<FileEntry, void, void> {
    for (const each of LEFT_OUT) options.onLeftOut?.(each);
    yield* super.list(options);
  }
}

async function open(files: Files): Promise<VascuDataset> {
  return VascuDataset.open({ source: new PartlyListed({ sourceUrl: await makeFolder(files) }) });
}

test('a dataset says once what its listing passed over, and keeps it', async () => {
  const warning = once(process, 'warning');
  await using dataset = await open({ 'live/1.vtu': smallVtu({ points: 5 }) });
  expect(dataset.leftOut).toEqual(LEFT_OUT);
  const [{ message }] = (await warning) as [Error];
  expect(message).toBe(
    'Not listed: 1 system folder (@Recycle; a folder that is named itself is listed), ' +
      '4 folders that may not be read (a, b, c, …; ask for the right to read).',
  );
});

test('where nothing else is there, the error says what was passed over', async () => {
  expect(await failureOf(open({ 'notes.txt': 'no mesh' }))).toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('Not listed: 1 system folder (@Recycle;') as string,
  });
});
