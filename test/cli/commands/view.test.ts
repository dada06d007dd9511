import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { SamplePage, ViewSession } from '../../../src/view/view-protocol.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { makeBlock, writeSamples } from '../../view/small-meshes.ts';
import { ViewClient } from '../../view/view-client.ts';
import { makeCli } from '../run-cli.ts';

let folder: string;
let cli: Awaited<ReturnType<typeof makeCli>>;

beforeEach(async () => {
  folder = await makeFolder();
  cli = await makeCli();
  const mesh = makeBlock({ pointData: { pressure: (x) => x } });
  await writeSamples(folder, { 'a.vtu': [mesh, { age: 61 }], 'b.vtu': [mesh, { age: 7 }] });
});

/** Runs the command until `use` has looked at what it serves, then ends it as Ctrl-C does. */
async function look<Result>(
  args: readonly string[],
  use: (page: ViewClient, printed: string) => Promise<Result>,
): Promise<{ readonly result: Result; readonly stderr: string; readonly status: number | null }> {
  let outcome: Promise<Result> | undefined;
  const onStart = (child: ChildProcess): void => {
    child.stdout?.once('data', (printed: string) => {
      const url = printed.startsWith('{') ? (JSON.parse(printed) as { url: string }).url : printed.trim();
      outcome = ViewClient.enter(url)
        .then((page) => use(page, printed))
        .finally(() => child.kill('SIGINT'));
      outcome.catch(() => undefined);
    });
  };
  const { stderr, status } = await cli.run(['view', ...args, '--no-open'], { onStart });
  if (outcome === undefined) throw new Error(stderr);
  return { result: await outcome, stderr, status };
}

describe('vascusim view', () => {
  test('prints the address in one line, lists the samples that fit, and ends by Ctrl-C', async () => {
    const { result, status } = await look([folder, '--where', 'age > 50'], async (page, printed) => {
      expect(printed).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{22}\n$/);
      return page.json<SamplePage>('samples');
    });
    expect(result.samples).toEqual([{ id: 'a', details: ['age 61'], bytes: expect.any(Number) as number }]);
    expect(status).toBe(130);
  });

  test('takes files, shows the array that is named first and tells of the address as JSON', async () => {
    const args = [
      join(folder, 'b.vtu'),
      join(folder, 'a.vtu'),
      '-n',
      '1',
      '--json',
      '-a',
      'pressure',
      '--thumbnails',
      'off',
    ];
    const { result } = await look(args, async (page, printed) => {
      const { url, port } = JSON.parse(printed) as { url: string; port: number };
      expect(new URL(url).port).toBe(String(port));
      return [await page.json<ViewSession>('session'), await page.json<SamplePage>('samples')] as const;
    });
    expect(result[0]).toMatchObject({ source: folder, array: 'pressure', samples: 1, thumbnails: false });
    expect(result[1].samples.map(({ id }) => id)).toEqual(['a']);
  });

  test('shows a run alone', async () => {
    const { result } = await look(['--report', join(folder, 'run.jsonl')], (page) =>
      page.json<ViewSession>('session'),
    );
    expect(result).toMatchObject({ report: 'run.jsonl', samples: 0 });
  });

  test('says what is wrong with a folder that is not there, and serves nothing', async () => {
    const { stdout, stderr, status } = await cli.run(['view', join(folder, 'none'), '--no-open']);
    expect([stdout, status]).toEqual(['', 3]);
    expect(stderr).toContain('none');
  });

  test('says that a port is taken', async () => {
    await look([folder], async (_, printed) => {
      const { port } = new URL(printed.trim());
      const other = await cli.run(['view', folder, '--no-open', '--port', port]);
      expect([other.stdout, other.status]).toEqual(['', 2]);
      expect(other.stderr).toContain(`Port ${port} is taken`);
    });
  });
});
