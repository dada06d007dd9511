import { expect, test } from 'vitest';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { makeCli } from '../run-cli.ts';

const MESH = smallVtu();
const FILES = {
  '1/m=0.5/internal.vtu': MESH,
  '2/m=0.5/internal.vtu': MESH,
  '1/m=0.5/internal.json': '{"own": 1}',
  '1/forces.csv': 'Cd, Cl\n0.26, 0.05\n',
  'tables/cases.csv': 'case_id;age\n1;47\n2;61\n',
};
const TEMPLATE = ['--samples', '{case}/m={flow:number}/internal.vtu'];
const TABLES = ['--metadata', 'tables/cases.csv:case=case_id', '--metadata', '{case}/forces.csv'];

test('tables are joined by the command line', async () => {
  const source = await makeFolder(FILES);
  const { run } = await makeCli();
  const listed = await run(['ls', source, ...TEMPLATE, ...TABLES, '--where', 'age < 50', '--json']);
  expect(listed.stderr).toBe('');
  expect(JSON.parse(listed.stdout).samples).toMatchObject([
    { id: '1/0.5', metadata: { case: '1', flow: 0.5, own: 1, case_id: 1, age: 47, Cd: 0.26, Cl: 0.05 } },
  ]);
  const bare = await run(['ls', source, ...TEMPLATE, '--no-sidecars', '--json']);
  expect(JSON.parse(bare.stdout).samples[0].metadata).toEqual({ case: '1', flow: 0.5 });
  const streamed = await run(['stream', source, ...TEMPLATE, ...TABLES, '--where', 'age > 50', '--json']);
  expect(streamed.stdout).toContain('2/0.5');
  expect(streamed.stdout).not.toContain('1/0.5');
});

test('get brings the tables of the source along, so that they can be joined again', async () => {
  const [source, to] = [await makeFolder(FILES), await makeFolder()];
  const { run } = await makeCli();
  const got = await run(['get', source, ...TEMPLATE, ...TABLES, '--where', 'age < 50', '--to', to]);
  expect(got.status).toBe(0);
  const listed = await run(['ls', to, ...TEMPLATE, ...TABLES, '--json']);
  expect(JSON.parse(listed.stdout).samples).toMatchObject([{ metadata: { own: 1, age: 47, Cd: 0.26 } }]);
});

test('a table that is nowhere is an error in the words of the command line', async () => {
  const { run } = await makeCli();
  const failed = await run([
    'ls',
    await makeFolder(FILES),
    ...TEMPLATE,
    '--metadata',
    'cases.csv:case=case_id',
  ]);
  expect(failed.status).not.toBe(0);
  expect(failed.stderr).toMatch(
    /no table of metadata "cases\.csv".*--source-dir.*There is "tables\/cases\.csv"/s,
  );
});
