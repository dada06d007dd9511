import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeCertificate } from '../servers/certificates.ts';
import { describeWithSamba } from '../servers/describe-with-samba.ts';
import { LoopbackDsm } from '../servers/dsm.ts';
import { PASSWORD as SAMBA_PASSWORD, startSamba, USERNAME } from '../servers/samba.ts';
import { makeFolder } from '../temporary-folder.ts';
import { useDemoFolder } from './demo-folder.ts';
import { runExample } from './run-example.ts';

const PASSWORD = 'pass word+%&#é';
const demo = useDemoFolder();

/** A DSM over https with two samples, and what the examples need to be told of it. */
async function startNas(): Promise<{
  readonly dsm: LoopbackDsm;
  readonly environment: Record<string, string>;
}> {
  const certificate = makeCertificate();
  const folder = await makeFolder({ 'ca.pem': certificate.cert });
  const dsm = await LoopbackDsm.start({ tls: certificate });
  onTestFinished(() => dsm.close());
  for (const [name, content] of Object.entries(demo.read(['patient_01', 'patient_05']))) {
    dsm.files.write(`/simulations/aorta/${name}`, content);
  }
  dsm.files.share('results');
  const environment = {
    NAS_HOST: '127.0.0.1',
    NAS_PORT: String(dsm.port),
    NAS_USERNAME: 'alice',
    NAS_PASSWORD: PASSWORD,
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    VASCUSIM_CACHE_DIR: join(folder, 'cache'),
  };
  return { dsm, environment };
}

describe('examples with a Synology NAS', () => {
  test('nas-api: each sample of the folder, and the session is ended', async () => {
    const { dsm, environment } = await startNas();
    const { lines, stderr } = await runExample('nas-api', environment);
    expect(lines).toEqual([
      expect.stringMatching(/^2 samples in /),
      expect.stringMatching(/^simulations\/aorta\/patient_01: 3645 nodes, \d+ edges$/),
      expect.stringMatching(/^simulations\/aorta\/patient_05: 6787 nodes, \d+ edges$/),
    ]);
    expect(stderr).toBe('');
    expect(dsm.liveSessions).toBe(0);
    expect(dsm.leaks()).toEqual([]);
  });

  test('nas-streamer: shares, a folder, a file and its metadata', async () => {
    const { dsm, environment } = await startNas();
    const size = demo.read(['patient_01'])['patient_01.vtu']?.byteLength;
    const { lines } = await runExample('nas-streamer', environment);
    expect(lines).toEqual([
      'shares: results, simulations',
      expect.stringMatching(/^patient_01\.json \d+$/),
      `patient_01.vtu ${size}`,
      expect.stringMatching(/^patient_05\.json \d+$/),
      expect.stringMatching(/^patient_05\.vtu \d+$/),
      'fetched: patient P001',
      `${size} bytes`,
    ]);
    expect(dsm.calls('Download').length).toBe(2);
    expect(dsm.liveSessions).toBe(0);
  });

  test('check-connection: every step works', async () => {
    const { environment } = await startNas();
    const { lines } = await runExample('check-connection', environment);
    expect(lines.at(-1)).toBe('The NAS can be used.');
    expect(lines.slice(0, -1).every((line) => line.startsWith('ok '))).toBe(true);
    expect(lines.length).toBeGreaterThan(6);
  });

  test('check-connection: a wrong password is the step that fails, with what to do', async () => {
    const { environment } = await startNas();
    const { lines } = await runExample('check-connection', { ...environment, NAS_PASSWORD: 'wrong' });
    expect(lines.find((line) => line.startsWith('FAIL'))).toMatch(/^FAIL login: /);
    expect(lines.at(-1)).toBe('The NAS cannot be used yet.');
  });
});

describeWithSamba('examples with SMB', () => {
  test('nas-smb: filtered samples, and nothing is fetched the second time', async () => {
    await using samba = await startSamba();
    await mkdir(join(samba.folder, 'aorta'));
    await chmod(join(samba.folder, 'aorta'), 0o755);
    for (const [name, content] of Object.entries(demo.read(['patient_03', 'patient_05', 'patient_06']))) {
      await writeFile(join(samba.folder, 'aorta', name), content);
    }
    const environment = {
      NAS_HOST: samba.host,
      NAS_PORT: String(samba.port),
      NAS_USERNAME: USERNAME,
      NAS_PASSWORD: SAMBA_PASSWORD,
      VASCUSIM_CACHE_DIR: await makeFolder(),
    };
    const first = await runExample('nas-smb', environment);
    expect(first.lines).toEqual([
      'sims/aorta/patient_05: pressure [6787], velocity [6787,3]',
      expect.stringMatching(/^sims\/aorta\/patient_06: pressure \[\d+\], velocity \[\d+,3\]$/),
      expect.stringMatching(/^0 files from the cache, 5 fetched, \d+ bytes$/),
    ]);
    const { lines } = await runExample('nas-smb', environment);
    expect(lines).toEqual([...first.lines.slice(0, 2), '5 files from the cache, 0 fetched, 0 bytes']);
  });
});
