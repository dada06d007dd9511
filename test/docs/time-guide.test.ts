import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { filesOfSteps, pvdOf, steppedVtu, vtuWithFields } from '../dataset/time/stepped-files.ts';
import { type Files, makeFolder } from '../temporary-folder.ts';
import { readPage } from './markdown.ts';

/** Files of the four layouts of the page. */
const LAYOUTS: Readonly<Record<string, Files>> = {
  pvd: {
    ...filesOfSteps('case/steps/*.vtu', ['early', 'middle', 'late']),
    'case/result.pvd': pvdOf([
      ['0.3', 'steps/late.vtu'],
      ['0.1', 'steps/early.vtu'],
      ['0.20', 'steps/middle.vtu'],
    ]),
    'case/result.json': '{"patient": "P1"}',
  },
  simvascular: {
    'case_1.vtu': steppedVtu(['pressure', 'velocity'], ['99995', '100000', '100005', '100010'], {
      wallproperty_00000: 1,
    }),
    'case_1.json': '{"dt": 0.5}',
  },
  svmultiphysics: {
    'run/mesh.vtu': smallVtu(),
    ...Object.fromEntries(
      [998, 999, 1001, 1002].map((step) => [
        `run/result_${step}.vtu`,
        vtuWithFields({ TimeValue: step / 100 }),
      ]),
    ),
  },
  aneumo: {
    'case_7/inlet.vtu': smallVtu({ points: 6, pointData: { flow: 1 } }),
    ...Object.fromEntries(
      ['4.01', '4.02', '4.10'].flatMap((time) => [
        [`case_7/${time}/${time}_internal.vtu`, smallVtu({ pointData: { p: 1 } })],
        [`case_7/${time}/${time}_wall.vtu`, smallVtu({ points: 5, pointData: { wss: 2 } })],
      ]),
    ),
  },
};

const page = readPage('docs/guide/time.md');
const blocks = [...page.matchAll(/<!-- run (\w+) -->\n```ts\n([^]*?)\n```\n\n```text\n([^]*?)\n```/g)];

test('the page shows all four layouts', () => {
  expect(blocks.map(([, layout]) => layout).toSorted()).toEqual(Object.keys(LAYOUTS).toSorted());
});

test.each(blocks.map(([, layout = '', code = '', output = '']) => ({ layout, code, output })))(
  'the program of $layout prints what the page says',
  async ({ layout, code, output }) => {
    const folder = await makeFolder(LAYOUTS[layout]);
    const made = await makeFolder();
    const program = code
      .replaceAll(`/data/${layout}`, folder)
      .replaceAll(/'vascusim\/(\w+)'/g, (_, door: string) => `'${resolve(`src/${door}.ts`)}'`);
    await writeFile(join(made, 'program.ts'), program);
    const env = { ...process.env, VASCUSIM_CACHE_DIR: join(made, 'cache') };
    const { stdout } = await promisify(execFile)(process.execPath, [join(made, 'program.ts')], { env });
    expect(stdout.trimEnd()).toBe(output);
  },
);
