import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { testFormat } from '../../src/testing.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { makeFolder } from '../temporary-folder.ts';
import { pointListFile } from './point-list/file.ts';
import { pointList } from './point-list/format.ts';

const execute = promisify(execFile);
const HOOK = pathToFileURL('test/formats/processes/add-point-list.ts').href;
const POINTS = 30_000;
const LARGE = pointListFile(POINTS, ['p', 'q', 'r']);
const FILES = { 'a.points': pointListFile(30_000, ['p']), 'b.points': LARGE };

testFormat(
  'point list',
  pointList,
  { 'small.points': pointListFile(6, ['p', 'q']), 'large.points': LARGE },
  test,
);

async function run(program: string, ...given: readonly string[]): Promise<string> {
  const env = { ...process.env, VASCUSIM_CACHE_DIR: await makeFolder() };
  const { stdout } = await execute(process.execPath, ['--import', HOOK, program, ...given], { env });
  return stdout;
}

describe('a format that stands in the registry and nowhere else', () => {
  test('is read in full, by its header, in part, by a dataset and on worker threads', async () => {
    const server = await FaultServer.start(FILES, { index: 'size' });
    onTestFinished(() => server.close());
    const folder = await makeFolder({ 'no-extension': LARGE });
    const program = 'test/formats/processes/read-point-lists.ts';
    const seen: unknown = JSON.parse(
      await run(program, `${folder}/no-extension`, `${server.url}/`, await makeFolder()),
    );
    expect(seen).toMatchObject({
      whole: ['p', 'q', 'r'],
      header: { format: 'point list', pointArrays: ['p', 'q', 'r'] },
      part: ['p'],
      samples: ['a.points', 'b.points'],
      nodes: [2 * POINTS],
      partial: 1,
      edges: 2 * POINTS,
      missing: expect.stringContaining(
        'is of none of the formats that are read (point list, VTK XML, VTK legacy): it begins with "0 1 2"',
      ) as string,
    });
    expect((seen as { partBytes: number }).partBytes).toBeLessThan(0.8 * LARGE.byteLength);
  });

  test('is shown, drawn and streamed by the command', async () => {
    const folder = await makeFolder(FILES);
    const cli = 'src/cli/main.ts';
    expect(JSON.parse(await run(cli, 'info', `${folder}/b.points`, '--json'))).toMatchObject({
      header: { format: 'point list' },
      points: POINTS,
    });
    expect(await run(cli, 'info', `${folder}/b.points`)).toMatch(/point list 1, binary/);
    const picture = JSON.parse(
      await run(cli, 'render', `${folder}/a.points`, '-o', `${folder}/a.png`, '--json'),
    ) as object;
    expect(JSON.stringify(picture)).toContain('"p"');
    expect(await run(cli, 'stream', folder, '--json')).toContain(`${2 * POINTS}`);
    expect(await run(cli, 'ls', folder)).toMatch(/a\.points|\ba\b/);
  });
});
