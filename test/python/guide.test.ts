import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useDemoFolder } from '../examples/demo-folder.ts';
import { makeCertificate } from '../servers/certificates.ts';
import { describeWithSamba } from '../servers/describe-with-samba.ts';
import { LoopbackDsm } from '../servers/dsm.ts';
import { PASSWORD as SAMBA_PASSWORD, startSamba, USERNAME } from '../servers/samba.ts';
import { startHub } from '../servers/start-hub.ts';
import { makeFolder } from '../temporary-folder.ts';
import { describeWithPython, PYG, runPython } from './python-process.ts';

const TIMEOUT_MS = 300_000;
const DSM_PASSWORD = 'pass word+%&#é';
const TOKEN = 'hf_SecretOfThePages';
const PAGE = resolve('docs/guide/python.md');
/** The guide of the original, where `VASCUSIM_GUIDE` names a copy of it: its blocks run as printed. */
const GUIDE = process.env['VASCUSIM_GUIDE'];
const SAMPLES = ['patient_01', 'patient_05', 'patient_09'];

const demo = useDemoFolder();

/** What a block has made. */
interface Outcome {
  readonly block: number;
  readonly names: Readonly<Record<string, unknown>>;
  readonly printed: readonly string[];
}

/** Runs blocks of a page with what stands in the place of addresses, logins and paths. */
async function runBlocks(
  page: string,
  blocks: readonly number[],
  replacements: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly Outcome[]> {
  const { stdout, stderr, status } = await runPython(
    [
      '-W',
      'ignore',
      resolve('python/tests/run_blocks.py'),
      page,
      JSON.stringify(replacements),
      demo.folder,
      ...blocks.map(String),
    ],
    { path: [PYG], env: { VASCUSIM_CACHE_DIR: await makeFolder(), HF_HOME: await makeFolder(), ...env } },
  );
  expect(status, stderr.slice(-4000)).toBe(0);
  for (const secret of [DSM_PASSWORD, SAMBA_PASSWORD, TOKEN]) expect(stdout + stderr).not.toContain(secret);
  return JSON.parse(stdout) as readonly Outcome[];
}

/** A DSM with the folder `simulations/aorta`, and what a client has to know to trust it. */
async function startDsm(isSecure: boolean): Promise<{ dsm: LoopbackDsm; env: Record<string, string> }> {
  const tls = isSecure ? makeCertificate() : undefined;
  const dsm = await LoopbackDsm.start({ tls });
  onTestFinished(() => dsm.close());
  for (const [name, content] of Object.entries(demo.read(SAMPLES)))
    dsm.files.write(`/simulations/aorta/${name}`, content);
  const folder = await makeFolder({ 'ca.pem': tls?.cert ?? '' });
  return { dsm, env: isSecure ? { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') } : {} };
}

async function sambaFolder(folder: string): Promise<void> {
  await mkdir(join(folder, 'aorta'));
  await chmod(join(folder, 'aorta'), 0o755);
  for (const [name, content] of Object.entries(demo.read(SAMPLES)))
    await writeFile(join(folder, 'aorta', name), content);
}

/** Files of the Hub, as the Hub keeps them. */
async function startFilledHub(
  repository: string,
  prefix: string,
): Promise<Awaited<ReturnType<typeof startHub>>> {
  const hub = await startHub();
  const files = Object.entries(demo.read(SAMPLES)).map(
    ([name, content]) => [`${prefix}${name}`, content] as const,
  );
  const repo = hub.add(repository, Object.fromEntries(files));
  if (repository.includes('private')) {
    repo.access = 'private';
    repo.readers.add(TOKEN);
    hub.tokens.add(TOKEN);
  }
  return hub;
}

const asVtkHasIt = { unlikeVtk: [] };

describeWithPython('the page "From Python"', () => {
  test.each([false, true])(
    'a dataset and single files of a NAS, secure: %s',
    async (isSecure) => {
      const { dsm, env } = await startDsm(isSecure);
      const replacements = { '192.168.1.100': dsm.url, 'my password': DSM_PASSWORD };
      const [dataset, files] = await runBlocks(PAGE, [1, 9], replacements, env);
      expect(dataset?.names['dataset']).toEqual({ length: 3 });
      expect(dataset?.names['data']).toMatchObject({ id: 'simulations/aorta/patient_01', ...asVtkHasIt });
      expect(files?.names).toMatchObject({
        shares: ['simulations'],
        file_path: { size: demo.read(['patient_01'])['patient_01.vtu']?.byteLength },
        metadata: { patient_id: 'P001' },
        report: { ok: true },
      });
      expect(files?.names['files']).toHaveLength(6);
      expect(dsm.leaks()).toEqual([]);
      expect(dsm.liveSessions).toBe(0);
    },
    TIMEOUT_MS,
  );

  test(
    'datasets and files of a Hub',
    async () => {
      const hub = await startFilledHub('username/vascular-dataset', '');
      const [outcome] = await runBlocks(PAGE, [3], {}, { HF_ENDPOINT: hub.url });
      expect(outcome?.names['data']).toMatchObject({ id: 'patient_01', ...asVtkHasIt });
      const secret = await startFilledHub('username/private-dataset', 'cases/');
      const [files] = await runBlocks(PAGE, [10], { hf_my_token: TOKEN }, { HF_ENDPOINT: secret.url });
      expect(files?.names).toMatchObject({
        files: SAMPLES.map((name) => `cases/${name}.vtu`),
        file_path: { size: demo.read(['patient_01'])['patient_01.vtu']?.byteLength },
      });
    },
    TIMEOUT_MS,
  );

  test(
    'a folder: filter, order, batches, workers, the cache',
    async () => {
      const replacements = { '/data/cases': demo.folder, '/path/to/cache': await makeFolder() };
      const [filtered, ordered, splits, batches, workers, cache] = await runBlocks(
        PAGE,
        [3, 4, 5, 6, 7, 8, 11],
        replacements,
        { HF_ENDPOINT: (await startFilledHub('username/vascular-dataset', '')).url },
      ).then((outcomes) => outcomes.slice(1));
      expect(filtered?.names['healthy']).toEqual(['patient_05', 'patient_07', 'patient_09', 'patient_11']);
      expect(ordered?.names['nodes']).toHaveLength(12);
      expect(splits?.names).toMatchObject({ train: { length: 10 }, test: { length: 2 } });
      expect(batches?.names['batch']).toMatchObject(asVtkHasIt);
      expect(batches?.names['checkpoint']).toMatchObject({ epoch: 1, batches: 0 });
      expect(workers?.names['batch']).toMatchObject(asVtkHasIt);
      expect(workers?.names['ids']).toHaveLength(12);
      expect(cache?.names['stats']).toMatchObject({ file_count: 0, max_size: 5 * 1024 ** 3 });
    },
    TIMEOUT_MS,
  );

  test(
    'the README of the package',
    async () => {
      const [outcome] = await runBlocks(resolve('python/README.md'), [], { '/data/cases': demo.folder });
      expect(outcome?.names['batch']).toEqual({ ids: expect.any(Array), unlikeVtk: [] });
    },
    TIMEOUT_MS,
  );

  describeWithSamba('with SMB', () => {
    test(
      'a dataset',
      async () => {
        await using samba = await startSamba();
        await sambaFolder(samba.folder);
        const [outcome] = await runBlocks(PAGE, [2], {
          'nas.example.org': samba.host,
          biosim: USERNAME,
          'another password': SAMBA_PASSWORD,
          'port=445': `port=${samba.port}`,
          '/path/to/cache': await makeFolder(),
        });
        expect(outcome?.names['dataset']).toEqual({ length: 3 });
        expect(outcome?.names['data']).toMatchObject({ id: 'sims/aorta/patient_09', ...asVtkHasIt });
      },
      TIMEOUT_MS,
    );
  });
});

function runOriginal(guide: string): void {
  test.each([false, true])(
    '1, 3 and 10: a NAS by its web API, secure: %s',
    async (isSecure) => {
      const { dsm, env } = await startDsm(isSecure);
      const outcomes = await runBlocks(
        guide,
        [1, 3, 10],
        {
          '192.168.1.100': dsm.url,
          your_username: 'alice',
          your_password: DSM_PASSWORD,
          "username='user'": "username='alice'",
          "password='pass'": `password='${DSM_PASSWORD}'`,
          'port=5000': `port=${dsm.port}`,
          'secure=True': `secure=${isSecure ? 'True' : 'False'}`,
          'share_name/path/to/dir': 'simulations/aorta',
          'share_name/path/to/file': 'simulations/aorta/patient_01',
        },
        env,
      );
      expect(outcomes[0]?.names['data']).toMatchObject({ id: 'simulations/aorta/patient_01', ...asVtkHasIt });
      expect(outcomes[1]?.names).toMatchObject({ shares: ['simulations'], metadata: { patient_id: 'P001' } });
      expect(outcomes[2]?.printed).toEqual([
        'Connection successful!',
        "Shares: ['simulations']",
        'Files in simulations: 1',
      ]);
      expect(dsm.leaks()).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    '2: a NAS by SMB',
    async () => {
      await using samba = await startSamba();
      await sambaFolder(samba.folder);
      const [outcome] = await runBlocks(guide, [2], {
        '192.168.1.100': samba.host,
        your_username: USERNAME,
        your_password: SAMBA_PASSWORD,
        'port=445': `port=${samba.port}`,
        '/path/to/cache': await makeFolder(),
      });
      expect(outcome?.names['dataset']).toEqual({ length: 3 });
    },
    TIMEOUT_MS,
  );

  test(
    '4 and 5: the Hub',
    async () => {
      const hub = await startFilledHub('username/dataset-name', '');
      const [outcome] = await runBlocks(guide, [4], {}, { HF_ENDPOINT: hub.url });
      expect(outcome?.names['data']).toMatchObject({ id: 'patient_01', ...asVtkHasIt });
      const secret = await startFilledHub('username/private-dataset', 'path/to/');
      const replacements = { your_hf_token: TOKEN, 'path/to/file.vtu': 'path/to/patient_01.vtu' };
      const [files] = await runBlocks(guide, [5], replacements, { HF_ENDPOINT: secret.url });
      expect(files?.names['files']).toEqual(SAMPLES.map((name) => `path/to/${name}.vtu`));
    },
    TIMEOUT_MS,
  );

  test(
    '6 to 9 and 11: a folder',
    async () => {
      const hub = await startFilledHub('username/dataset-name', '');
      const source = await makeFolder();
      await cp(demo.folder, source, { recursive: true });
      const outcomes = await runBlocks(
        guide,
        [4, 6, 7, 8, 9, 11],
        {
          "'source'": `'${source}'`,
          '/path/to/cache': await makeFolder(),
        },
        { HF_ENDPOINT: hub.url },
      );
      expect(outcomes).toHaveLength(6);
      expect(outcomes[2]?.names['dataset']).toEqual({ length: 4 });
      expect(outcomes[4]?.names['dataset']).toEqual({ length: 12 });
      expect(outcomes[5]?.printed).toHaveLength(11);
      expect(outcomes[5]?.names['data']).toMatchObject(asVtkHasIt);
    },
    TIMEOUT_MS,
  );
}

if (GUIDE !== undefined) describe('the blocks of the original guide, as printed', () => runOriginal(GUIDE));
