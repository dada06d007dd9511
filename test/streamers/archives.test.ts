import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type GraphData, VascuDataset, type VascuDatasetOptions } from '../../src/data.ts';
import { buildZip } from '../archives/build-zip.ts';
import { describeWithSamba } from '../servers/describe-with-samba.ts';
import { LoopbackDsm } from '../servers/dsm.ts';
import { PASSWORD as SAMBA_PASSWORD, startSamba, USERNAME } from '../servers/samba.ts';
import { startHub } from '../servers/start-hub.ts';
import { PASSWORD as DSM_PASSWORD } from '../sources/synology/loopback.ts';
import { makeFolder } from '../temporary-folder.ts';

const FILES = {
  'a/1.vtu': await readFile('test/fixtures/raw-zlib.vtu'),
  'a/1.json': Buffer.from('{"age": 50}'),
  'b.vtu': await readFile('test/fixtures/inline.vtu'),
};
const ZIP = buildZip(
  Object.entries(FILES).map(([name, data], index) => ({ name, data, method: index % 2 === 0 ? 8 : 0 })),
);

async function read(options: VascuDatasetOptions): Promise<Record<string, GraphData>> {
  const cacheDir = join(await makeFolder(), 'cache');
  await using dataset = await VascuDataset.open({ cacheDir, ...options });
  const graphs: Record<string, GraphData> = {};
  for await (const graph of dataset) graphs[graph.id] = graph;
  return graphs;
}

/** What the folder gives. */
async function expected(prefix = ''): Promise<Record<string, GraphData>> {
  const graphs = await read({ sourceUrl: await makeFolder(FILES) });
  return Object.fromEntries(
    Object.entries(graphs).map(([id, graph]) => [prefix + id, { ...graph, id: prefix + id }]),
  );
}

test('an archive in a dataset of the Hub is its inside, and with archives a folder of the dataset', async () => {
  const hub = await startHub();
  hub.add('user/cases', { 'sets/x.zip': ZIP, 'README.md': '#' });
  const place = { endpoint: hub.url, environment: {}, hubCacheDir: false } as const;
  expect(await read({ ...place, sourceUrl: 'hf://datasets/user/cases/sets/x.zip' })).toEqual(
    await expected(),
  );
  expect(await read({ ...place, sourceUrl: 'hf://datasets/user/cases', archives: true })).toEqual(
    await expected('sets/x.zip/'),
  );
});

test('an archive on a NAS by its web API is its inside', async () => {
  const dsm = await LoopbackDsm.start();
  onTestFinished(() => dsm.close());
  dsm.files.write('/vascusim/cases/x.zip', Buffer.from(ZIP));
  const login = {
    username: 'alice',
    password: DSM_PASSWORD,
    proxy: false,
    onWarning: () => undefined,
  } as const;
  const sourceUrl = `${dsm.url.replace('http:', 'nas:')}/vascusim/cases/x.zip`;
  expect(await read({ ...login, sourceUrl, secure: false })).toEqual(await expected());
});

describeWithSamba('by SMB', () => {
  test('an archive is its inside', async () => {
    await using samba = await startSamba();
    await mkdir(join(samba.folder, 'cases'), { recursive: true });
    await writeFile(join(samba.folder, 'cases/x.zip'), ZIP);
    const login = { username: USERNAME, password: SAMBA_PASSWORD };
    const sourceUrl = `smb://${samba.host}:${samba.port}/sims/cases/x.zip`;
    expect(await read({ ...login, sourceUrl })).toEqual(await expected());
  });
});
