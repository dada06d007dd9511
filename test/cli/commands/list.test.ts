import { describe, expect, test, vi } from 'vitest';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { startHub } from '../../servers/start-hub.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { linesOf, makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const FILES = {
  'cases/aorta_left.vtu': smallVtu({ points: 5 }),
  'cases/aorta_left.json': '{"patient_age": 61, "is_healthy": true, "anatomy": "Aorta"}',
  'cases/cerebral.vtu': smallVtu({ points: 6 }),
  'cases/cerebral.json': '{"patient_age": 44, "is_healthy": false, "anatomy": "Cerebral", "note": null}',
  'cases/unknown.vtu': smallVtu({ points: 7 }),
};

const GOLDEN = [
  'SAMPLE            PATIENT_AGE  IS_HEALTHY  ANATOMY    SIZE',
  'cases/aorta_left           61  yes         Aorta     771 B',
  'cases/cerebral             44  no          Cerebral  793 B',
  'cases/unknown               –  –           –         815 B',
];

describe('vascusim ls', () => {
  test('prints a table to a pipe, its closing line to standard error', async () => {
    const { run } = await makeCli();
    const folder = await makeFolder(FILES);
    const { stdout, stderr, status } = await run(['ls', folder]);
    expect(linesOf(stdout)).toEqual(GOLDEN);
    expect(stderr).toBe('3 samples (2.4 kB)\n');
    expect(status).toBe(0);
  });

  test('on a terminal stands the title out, unless NO_COLOR says otherwise', async () => {
    const { runOnTerminal } = await makeCli();
    const folder = await makeFolder(FILES);
    const [coloured, plain] = await Promise.all([
      runOnTerminal(['ls', folder], 80),
      runOnTerminal(['ls', folder], 80, { env: { NO_COLOR: '1' } }),
    ]);
    const [title, ...rows] = GOLDEN;
    expect(linesOf(coloured.stdout)).toEqual([`\u001b[1m${title}\u001b[22m`, ...rows, '3 samples (2.4 kB)']);
    expect(linesOf(plain.stdout)).toEqual([title, ...rows, '3 samples (2.4 kB)']);
  });

  test('keeps to 40 columns', async () => {
    const { runOnTerminal } = await makeCli({ env: { NO_COLOR: '1' } });
    const folder = await makeFolder({
      ...FILES,
      'cases/a_name_that_is_longer_than_the_whole_terminal_1.vtu': smallVtu(),
    });
    const { stdout } = await runOnTerminal(['ls', folder, '-c', 'anatomy,patient_age'], 40);
    expect(linesOf(stdout)).toEqual([
      'SAMPLE                   ANATOMY    SIZE',
      'cases/a…hole_terminal_1  –         750 B',
      'cases/aorta_left         Aorta     771 B',
      'cases/cerebral           Cerebral  793 B',
      'cases/unknown            –         815 B',
      '4 samples (3.1 kB)',
    ]);
  });

  test('quotes a key of metadata whose title another column has', async () => {
    const { run } = await makeCli();
    const folder = await makeFolder({
      'a.vtu': smallVtu(),
      'a.json': '{"size": "large", "Age": 1, "age": 2}',
    });
    const { stdout } = await run(['ls', folder, '-c', 'size,Age,age']);
    expect(linesOf(stdout)[0]?.split(/ {2,}/)).toEqual(['SAMPLE', '"size"', '"Age"', '"age"', 'SIZE']);
  });

  test('--where filters, and warns of a name that no sample has', async () => {
    const { run } = await makeCli();
    const folder = await makeFolder(FILES);
    const [some, none, broken] = await Promise.all([
      run(['ls', folder, '--where', 'patient_age > 50 && is_healthy', '-q']),
      run(['ls', folder, '--where', 'patient_agee > 50']),
      run(['ls', folder, '--where', 'patient_age >']),
    ]);
    expect(some).toEqual({ stdout: 'cases/aorta_left\n', stderr: '', status: 0 });
    expect(none.stdout).toBe('');
    expect(none.stderr).toBe(
      '0 matching, 3 samples in all (0 B)\nwarning: no sample has the metadata "patient_agee": did you mean "patient_age"?\n',
    );
    expect(broken.status).toBe(2);
    expect(broken.stderr).toContain('  patient_age >\n               ^\n');
  });

  test('--json is one document with all of it', async () => {
    const { run } = await makeCli();
    const folder = await makeFolder({ ...FILES, 'cases/unknown.json': '{"score": NaN}' });
    const { stdout } = await run([
      'ls',
      folder,
      '--json',
      '-n',
      '1',
      '--where',
      'is_healthy || exists(score)',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      filtered: true,
      total: 3,
      matching: 2,
      samples: [
        {
          id: 'cases/aorta_left',
          path: 'cases/aorta_left.vtu',
          metadata: { patient_age: 61, anatomy: 'Aorta' },
        },
      ],
    });
  });

  test('a name with escape codes does nothing to the terminal', async () => {
    const { run } = await makeCli();
    const folder = await makeFolder({ 'a\u001b[2Jb.vtu': smallVtu(), 'c.vtu': smallVtu() });
    const { stdout } = await run(['ls', folder]);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('a�[2Jb');
  });
});

describe('vascusim ls of the Hub', () => {
  test('says what is cached and at which commit', async () => {
    const hub = await startHub();
    const repository = hub.add('user/name', FILES);
    const { run } = await makeCli({ env: { VASCUSIM_ENDPOINT: hub.url } });
    const all = await run(['ls', 'user/name']);
    expect(all.stdout).toMatch(/cases\/cerebral .* no\n/);
    expect(all.stderr).toMatch(new RegExp(`commit ${repository.refs.get('main')?.slice(0, 7)}`));
    expect((await run(['get', 'user/name', '--where', 'anatomy == "Aorta"'])).status).toBe(0);
    const after = await run(['ls', 'hf://datasets/user/name', '--json']);
    const { samples } = JSON.parse(after.stdout) as { samples: { id: string; cached: string }[] };
    expect(samples.map(({ id, cached }) => `${id} ${cached}`)).toEqual([
      'cases/aorta_left yes',
      'cases/cerebral no',
      'cases/unknown no',
    ]);
  });

  test('needs a token for a private dataset, and shows it nowhere', async () => {
    const hub = await startHub();
    const token = 'hf_secretsecretsecret';
    hub.tokens.add(token);
    const repository = hub.add('user/name', FILES);
    repository.access = 'private';
    repository.readers.add(token);
    const { run } = await makeCli({ env: { VASCUSIM_ENDPOINT: hub.url } });
    const [refused, allowed] = await Promise.all([
      run(['ls', 'user/name']),
      run(['ls', 'user/name', '--verbose'], { env: { VASCUSIM_TOKEN: token } }),
    ]);
    expect([refused.status, allowed.status]).toEqual([4, 0]);
    expect(refused.stderr).toMatch(/HF_TOKEN/);
    expect(allowed.stdout + allowed.stderr).not.toContain(token);
  });
});
