import { expect, test, vi } from 'vitest';
import { makeCli } from '../cli/run-cli.ts';
import { LAYOUTS } from '../fixtures/layouts.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { startHub } from '../servers/start-hub.ts';
import { makeFolder } from '../temporary-folder.ts';
import { findCodeBlocks } from './markdown.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Ids, numbers of files and a captured value of the samples of each layout. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  aneumo: ['1', '11', '2'].flatMap((name) =>
    ['0.001', '0.0015', '0.00375'].map(
      (rate) => `${name}/${rate} 4 ${JSON.stringify({ case: name, flow: Number(rate) })}`,
    ),
  ),
  drivaer: [1, 2, 5].map((run) => `${run} 1 {"run":${run}}`),
  airfrans: [
    '40.5/3.2/2.1_4.4_12.3 2 {"speed":40.5,"angle":3.2,"profile":"2.1_4.4_12.3"}',
    '71.2/-1.5/3.0_5.1_1.0_9.8 2 {"speed":71.2,"angle":-1.5,"profile":"3.0_5.1_1.0_9.8"}',
  ],
  simvascular: [
    'Coronary 2/010 4 {"case":"Coronary 2","step":10}',
    'Coronary 2/020 4 {"case":"Coronary 2","step":20}',
    'Demo/010 3 {"case":"Demo","step":10}',
    'Demo/020 3 {"case":"Demo","step":20}',
  ],
  vmr: ['0021_H_AO_COA 1 {"model":"0021_H_AO_COA"}', '0073_H_CORO_CAD 1 {"model":"0073_H_CORO_CAD"}'],
  windtunnel: [
    'train/0001 1 {"split":"train","id":"0001"}',
    'train/0002 1 {"split":"train","id":"0002"}',
    'validation/0003 1 {"split":"validation","id":"0003"}',
  ],
};

/** Metadata that the tables of each layout say of its first sample, beside what its path says. */
const TOLD: Readonly<Record<string, object>> = {
  aneumo: { case_id: 1, Size: 1.5 },
  drivaer: { Run: 1, Vehicle_Length: 5.5, Cd: 0.21, Cl: 0.01 },
  airfrans: {},
  simvascular: { patient: { age: 41 } },
  vmr: { Name: '0021_H_AO_COA', 'Image Number': '0021', Notes: 'Made up,\nsays "see".' },
  windtunnel: { wind_speed: 10 },
};

/** Words of a line of a shell that quotes by `'` alone. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

const COMMANDS = findCodeBlocks('docs/guide/public-data-sets.md').map(({ code }) => wordsOf(code).slice(2));

test('the page has every layout', () => {
  expect(COMMANDS.map(([, source]) => source?.replace('/data/', ''))).toEqual(Object.keys(EXPECTED));
  expect(Object.keys(LAYOUTS)).toEqual(Object.keys(EXPECTED));
});

test.each(COMMANDS.map((words) => [words[1]?.replace('/data/', '') ?? '', words] as const))(
  'the line for %s finds its samples in a folder, on a web server and on a Hub',
  async (name, words) => {
    const files = LAYOUTS[name] ?? {};
    const server = await FaultServer.start(files, { index: 'sha256' });
    const hub = await startHub();
    hub.add('user/name', files);
    const cwd = await makeFolder({ 'MPs.csv': 'case_id,Size\n1,1.5\n2,3\n3,4.5\n11,16.5\n' });
    const { run } = await makeCli({ cwd, env: { VASCUSIM_ENDPOINT: hub.url } });
    for (const source of [await makeFolder(files), `${server.url}/`, 'hf://datasets/user/name']) {
      const args = words.map((word, at) => (at === 1 ? source : word));
      const { stdout, stderr, status } = await run([...args, '--json']);
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      const { samples } = JSON.parse(stdout) as {
        samples: { id: string; files: object[]; captures: object; metadata: object }[];
      };
      const seen = samples.map(
        ({ id, files: own, captures }) => `${id} ${own.length} ${JSON.stringify(captures)}`,
      );
      expect(seen).toEqual(EXPECTED[name]);
      for (const { captures, metadata } of samples) expect(metadata).toMatchObject(captures);
      expect(samples[0]?.metadata).toEqual({ ...samples[0]?.captures, ...TOLD[name] });
    }
    await server.close();
  },
);
