import { execFileSync } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Batch } from '../../src/mesh.ts';
import { buildZip } from '../archives/build-zip.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { describeWithNginx, startNginx } from '../servers/nginx.ts';
import { makeFolder } from '../temporary-folder.ts';
import { useDemoFolder } from './demo-folder.ts';
import { runExample } from './run-example.ts';

const demo = useDemoFolder();

/** A web server with some samples, all of them by default, and what the examples need to be told of it. */
async function startWeb(
  samples?: readonly string[],
): Promise<{ readonly server: FaultServer; readonly environment: Record<string, string> }> {
  const server = await FaultServer.start(demo.read(samples), { index: 'sha256' });
  onTestFinished(() => server.close());
  const folder = await makeFolder();
  const environment = {
    CASES_URL: server.url,
    CACHE: join(folder, 'cache'),
    CHECKPOINT: join(folder, 'checkpoint.json'),
    VASCUSIM_CACHE_DIR: join(folder, 'cache'),
  };
  return { server, environment };
}

describe('examples with a folder', () => {
  test('prefetching: all samples in order, at most so many ahead', async () => {
    const { lines } = await runExample('prefetching', { CASES: demo.folder });
    const found = lines.map((line) => /^(patient_\d\d): (\d+) more are ready$/.exec(line));
    expect(found.map((match) => match?.[1])).toEqual(
      Array.from({ length: 12 }, (_, at) => `patient_${String(at + 1).padStart(2, '0')}`),
    );
    const ahead = found.map((match) => Number(match?.[2]));
    expect(Math.max(...ahead)).toBeGreaterThan(0);
    expect(Math.max(...ahead)).toBeLessThanOrEqual(3);
    expect(ahead.at(-1)).toBe(0);
  });

  test('first-batch: its arrays, and the same in a file', async () => {
    const output = join(await makeFolder(), 'batch.safetensors');
    const { lines } = await runExample('first-batch', { CASES: demo.folder, OUTPUT: output });
    const batch = Batch.fromSafetensors(new Uint8Array(await readFile(output)));
    expect(lines).toEqual([
      batch.ids.join(', '),
      `  pos [${batch.numNodes}, 3]`,
      `  edgeIndex [2, ${batch.numEdges}]`,
      `  pressure [${batch.numNodes}]`,
      `  velocity [${batch.numNodes}, 3]`,
    ]);
    expect(batch.ids).toHaveLength(4);
    for (const metadata of batch.metadata) expect(metadata).toMatchObject({ is_healthy: true });
  });

  test('filtering: what the filter keeps', async () => {
    const { lines } = await runExample('filtering', { CASES: demo.folder });
    expect(lines).toEqual([
      'patient_05: age 52',
      'patient_07: age 58',
      'patient_09: age 66',
      'patient_11: age 74',
      'first: patient_05, 6787 nodes',
    ]);
  });

  test('own-source: batches of the samples of a tar archive', async () => {
    const archive = join(await makeFolder(), 'cases.tar');
    execFileSync('tar', ['--format=ustar', '-cf', archive, '-C', demo.folder, '.']);
    const { lines } = await runExample('own-source', {
      ARCHIVE: archive,
      VASCUSIM_CACHE_DIR: await makeFolder(),
    });
    const batches = lines.map((line) => /^((?:patient_\d\d ?)+): (\d+) nodes, \d+ edges$/.exec(line));
    const ids = batches.flatMap((match) => match?.[1]?.split(' '));
    expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted());
    expect(batches.length).toBe(Math.ceil(ids.length / 4));
    expect(ids).toContain('patient_11');
    expect(ids).not.toContain('patient_01');
  });
});

describe('examples with a web server', () => {
  test('delete-after-use: no mesh stays, all metadata do', async () => {
    const { environment } = await startWeb(['patient_01', 'patient_05']);
    const { lines } = await runExample('delete-after-use', environment);
    const bytes = Object.entries(demo.read(['patient_01', 'patient_05']))
      .filter(([name]) => name.endsWith('.json'))
      .reduce((sum, [, content]) => sum + content.byteLength, 0);
    expect(lines).toEqual([
      'patient_01: 3645 nodes',
      'patient_05: 6787 nodes',
      `2 files left in the cache, ${bytes} bytes`,
    ]);
  });

  test('cache-management: what is in it, and that it is empty at the end', async () => {
    const { server, environment } = await startWeb(['patient_01', 'patient_05']);
    const { lines } = await runExample('cache-management', environment);
    expect(lines).toEqual([
      expect.stringMatching(/^2 files, \d+ bytes$/),
      expect.stringMatching(/^0\.0\d % of 5368709120 bytes$/),
      `${server.url}/: 2 files`,
      '2 files as they were, 0 damaged and removed',
      '0 files after clearAll',
    ]);
  });

  test('large-data-set: stopped in an epoch it goes on there, and each sample comes once an epoch', async () => {
    const { server, environment } = await startWeb();
    const first = await runExample('large-data-set', { ...environment, STOP_AFTER: '2' });
    expect(first.lines).toHaveLength(2);
    const asked = server.requests.length;
    const second = await runExample('large-data-set', environment);
    const lines = [...first.lines, ...second.lines];
    const ids = lines.map((line) => line.replace(/^epoch \d: /, '').split(' '));
    for (const epoch of [ids.slice(0, 3), ids.slice(3)]) {
      expect(new Set(epoch.flat()).size).toBe(12);
      expect(epoch.flat()).toHaveLength(12);
    }
    // Whole, or in parts. What the end of the first cut off, the second asks for again.
    const runs = [server.requests.slice(0, asked), server.requests.slice(asked)].map((requests) =>
      requests
        .filter(({ path, method }) => path.endsWith('.vtu') && method === 'GET')
        .map(({ path, headers }) => `${path} ${String(headers['range'])}`),
    );
    expect(new Set(runs.flat().map((each) => each.split(' ')[0])).size).toBe(12);
    // Of twelve downloads two may be asked for twice where the machine is slow for a moment (hedging).
    for (const run of runs) expect(run.length - new Set(run).size).toBeLessThanOrEqual(2);
  });

  test('performance-monitoring: every figure, and what holds the loop up', async () => {
    const { environment } = await startWeb(['patient_01', 'patient_03', 'patient_05', 'patient_07']);
    const { lines } = await runExample('performance-monitoring', environment);
    expect(lines).toEqual([
      expect.stringMatching(/^batch 1 of 2: [\d.]+\/s, \d+ ms left$/),
      expect.stringMatching(/^batch 2 of 2: [\d.]+\/s, 0 ms left$/),
      expect.stringMatching(/^samples {7}4: [\d.]+\/s, [\d.]+ MB\/s$/),
      expect.stringMatching(/^cache {9}0 hits, 8 misses, \d+ bytes downloaded$/),
      expect.stringMatching(/^waiting {7}\d+ % of the loop's time$/),
      expect.stringMatching(/^fetch, ms {5}p50 [\d.]+, p95 [\d.]+$/),
      expect.stringMatching(/^decode, ms {4}p50 [\d.]+, p95 [\d.]+$/),
      expect.stringMatching(/^held up by {4}(network|decode|consumer): \w/),
    ]);
  });
});

describeWithNginx('examples with nginx', () => {
  test('web-server: a folder that nginx lists as JSON', async () => {
    const folder = await makeFolder();
    for (const name of ['patient_01.vtu', 'patient_01.json']) {
      await cp(join(demo.folder, name), join(folder, name));
    }
    await using nginx = await startNginx({ folder, directives: 'autoindex on; autoindex_format json;' });
    const { lines } = await runExample('web-server', {
      CASES_URL: `${nginx.url}/`,
      VASCUSIM_CACHE_DIR: await makeFolder(),
    });
    expect(lines).toEqual([
      expect.stringMatching(/^1 samples: .* begins with "http:"$/),
      'patient_01: 3645 nodes',
      expect.stringMatching(/^patient_01\.vtu: \{"patient_id":"P001","patient_age":28/),
    ]);
  });
});

describeWithNginx('examples with archives', () => {
  test('vascular-model-repository: one array of a file in a zip, behind a table of files', async () => {
    const files = demo.read(['patient_01', 'patient_02']);
    const zip = buildZip(Object.entries(files).map(([name, data]) => ({ name, data })));
    const folder = await makeFolder({
      'dataset/file_sizes.csv': 'Name,Size\nsvresults/a/results.zip,\nsvresults/…/.zip,\n',
      'svresults/a/results.zip': zip,
    });
    await using server = await startNginx({ folder });
    const { lines } = await runExample('vascular-model-repository', {
      VMR_URL: `${server.url}/`,
      VMR_ARCHIVES: 'svresults/a/**',
      VMR_ARRAYS: 'pressure',
      VASCUSIM_CACHE_DIR: join(folder, 'cache'),
    });
    expect(lines[0]).toBe('2 samples');
    expect(lines[1]).toMatch(/^svresults\/a\/results\.zip\/patient_01\.vtu: [\d.]+ MB$/);
    expect(lines.at(-2)).toBe('svresults/a/results.zip/patient_01: 3645 nodes, pressure');
    expect(lines.at(-1)).toMatch(/^1 archives listed/);
  });
});
