import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const FILES = Object.fromEntries(
  ['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}/${name}.vtu`, smallVtu()]),
);

async function stage(settings: { readonly project?: unknown; readonly user?: unknown } = {}) {
  const cli = await makeCli();
  const data = await makeFolder(FILES);
  const userFile = join(cli.home, 'config/vascusim/config.json');
  await mkdir(dirname(userFile), { recursive: true });
  if (settings.project !== undefined)
    await writeFile(join(cli.home, 'vascusim.json'), asText(settings.project));
  if (settings.user !== undefined) await writeFile(userFile, asText(settings.user));
  return { ...cli, data, userFile };
}

function asText(settings: unknown): string {
  return typeof settings === 'string' ? settings : JSON.stringify(settings);
}

test('the command line counts more than the environment, ./vascusim.json and the user settings', async () => {
  const { run, data } = await stage({
    project: { sourceDir: 'b' },
    user: { sourceDir: 'a', profiles: { lab: { sourceDir: 'c', source: '/nowhere' } } },
  });
  const env = { VASCUSIM_SOURCE_DIR: 'd' };
  const first = (...args: string[]): Promise<string> =>
    run(['ls', data, '-q', ...args], { env: args.includes('--profile') ? {} : env }).then(({ stdout }) =>
      stdout.trim(),
    );
  expect(await first('--source-dir', 'e')).toBe('e/e');
  expect(await first()).toBe('d/d');
  const plain = await run(['ls', data, '-q']);
  expect(plain.stdout.trim()).toBe('b/b');
});

test('a profile gives the source as well', async () => {
  const { run, data, userFile } = await stage();
  await writeFile(userFile, JSON.stringify({ profiles: { lab: { source: data, sourceDir: 'c' } } }));
  const [byOption, byVariable, unknown] = await Promise.all([
    run(['ls', '-q', '--profile', 'lab']),
    run(['ls', '-q'], { env: { VASCUSIM_PROFILE: 'lab' } }),
    run(['ls', '-q', '--profile', 'lap']),
  ]);
  expect([byOption.stdout, byVariable.stdout]).toEqual(['c/c\n', 'c/c\n']);
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toMatch(/no profile "lap" \(did you mean "lab"\?\)/);
});

test.each([
  ['a password', { project: { password: 'geheim' } }, /secrets do not belong/],
  [
    'a token in a profile',
    { user: { profiles: { x: { token: 'geheim' } } } },
    /secrets do not belong.*HF_TOKEN/,
  ],
  ['a command in a folder', { project: { passwordCommand: 'touch run' } }, /may not say "passwordCommand"/],
  [
    'a bound of archives in a folder',
    { project: { maxExpansion: 1e9 } },
    /may not say "maxExpansion", since .* what protects this machine: put it into/,
  ],
  ['another Hub in a folder', { project: { endpoint: 'http://geheim' } }, /may not say "endpoint"/],
  [
    'an unknown setting',
    { user: { souceDir: 'a' } },
    /unknown setting "souceDir" \(did you mean "sourceDir"\?\)/,
  ],
  ['broken JSON', { user: '{"user": "geheim"' }, /is no JSON/],
  ['a list', { user: '[]' }, /must be an object/],
  ['a bad value', { user: { port: 'geheimer' } }, /"port" in .* is "geheimer".*65535/],
])('%s in a file is refused', async (_, settings, message) => {
  const { run, data } = await stage(settings);
  const { status, stderr, stdout } = await run(['ls', data]);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/geheim\b/);
});

test('variables are read as their options are', async () => {
  const { run, data } = await stage();
  const [json, off, bad] = await Promise.all([
    run(['ls', data], { env: { VASCUSIM_JSON: 'yes', VASCUSIM_LIMIT: '1' } }),
    run(['ls', data, '-q'], { env: { VASCUSIM_JSON: '0', VASCUSIM_USER: 'nobody', VASCUSIM_PORT: '5001' } }),
    run(['ls', data], { env: { VASCUSIM_CACHE_SIZE: 'large' } }),
  ]);
  expect((JSON.parse(json.stdout) as { samples: unknown[] }).samples).toHaveLength(1);
  expect(off.stdout.split('\n')).toHaveLength(6);
  expect(bad.stderr).toMatch(/^error: VASCUSIM_CACHE_SIZE is "large"/);
  expect(bad.status).toBe(2);
});

test('variables for another kind of place are looked at where they are used', async () => {
  const { run, data } = await stage();
  const env = {
    VASCUSIM_PORT: 'many',
    VASCUSIM_ACCESS_MODE: 'ftp',
    VASCUSIM_OFFLINE: 'perhaps',
    VASCUSIM_SECURE: 'perhaps',
    VASCUSIM_GUEST: 'perhaps',
    HF_ENDPOINT: 'hub.example',
    HTTPS_PROXY: 'socks9://nowhere',
  };
  const [folder, nas, hub, endpoint] = await Promise.all([
    run(['ls', data, '-q'], { env }),
    run(['ls', 'nas://127.0.0.1/x', '--user', 'u'], { env: { VASCUSIM_PORT: 'many' } }),
    run(['ls', 'user/name'], { env: { VASCUSIM_OFFLINE: 'perhaps' } }),
    run(['ls', 'user/name'], { env: { HF_ENDPOINT: 'hub.example' } }),
  ]);
  expect([folder.status, folder.stderr]).toEqual([0, '']);
  expect(nas.stderr).toMatch(/^error: VASCUSIM_PORT is "many"/);
  expect(hub.stderr).toMatch(/^error: VASCUSIM_OFFLINE is "perhaps"/);
  expect(endpoint.stderr).toMatch(/^error: HF_ENDPOINT is "hub.example"/);
  expect([nas.status, hub.status, endpoint.status]).toEqual([2, 2, 2]);
});

test('an option for another kind of place is a mistake on the command line', async () => {
  const { run, data } = await stage();
  const [port, user] = await Promise.all([
    run(['ls', data, '--revision', 'x']),
    run(['ls', 'smb://127.0.0.1/x', '--user', 'u', '--ca', 'file']),
  ]);
  expect([port.status, user.status]).toEqual([2, 2]);
  expect(port.stderr).toMatch(/--revision has no meaning for a folder of this machine/);
  expect(user.stderr).toMatch(/--ca has no meaning for a NAS by SMB/);
});
