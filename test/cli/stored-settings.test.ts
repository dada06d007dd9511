import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { OtpReader, PasswordReader } from '../../src/cli/options/secrets.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { startHub } from '../servers/start-hub.ts';
import { makeFolder } from '../temporary-folder.ts';
import { makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const SETTINGS = '{"sourceDir": "café"}';
const UTF_16 = Buffer.from(`\uFEFF${SETTINGS}`, 'utf16le');

describe('vascusim.json', () => {
  test.each([
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${SETTINGS}`)],
    ['UTF-16', UTF_16],
    ['big-endian UTF-16', Buffer.from(UTF_16).swap16()],
    ['UTF-8 with line ends of Windows', Buffer.from(`\uFEFF${SETTINGS.replace(' ', '\r\n')}\r\n`)],
  ])('is read as %s', async (_, bytes) => {
    const { run, home } = await makeCli();
    const data = await makeFolder({ 'café/a.vtu': smallVtu(), 'b.vtu': smallVtu() });
    await writeFile(join(home, 'vascusim.json'), bytes);
    expect(await run(['ls', data, '-q'])).toEqual({ status: 0, stdout: 'café/a\n', stderr: '' });
  });

  test('that is a folder is said so', async () => {
    const { run, home } = await makeCli();
    const { status, stderr } = await run(['ls', home], { env: { VASCUSIM_CONFIG: home } });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/cannot be read: it is a folder; name a file\./),
    ]);
  });
});

/** A variable for the time of a test. */
function setVariable(name: string, value: string): void {
  vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

describe('a secret that was read from a file', () => {
  const { signal } = new AbortController();

  test.each(['geheim', 'geheim\n', 'geheim\r\n', '\uFEFFgeheim\r\n', 'geheim\n\n'])(
    'is the password without its line end: %j',
    async (value) => {
      setVariable('VASCUSIM_PASSWORD', value);
      expect(await new PasswordReader({}, signal).read()).toBe('geheim');
    },
  );

  test('keeps the spaces of a password', async () => {
    setVariable('VASCUSIM_PASSWORD', ' ge heim \n');
    expect(await new PasswordReader({}, signal).read()).toBe(' ge heim ');
  });

  test('of several lines is no password', async () => {
    setVariable('VASCUSIM_PASSWORD', 'ge\nheim\n');
    await expect(new PasswordReader({}, signal).read()).rejects.toMatchObject({
      code: 'CONFIG',
      message: 'The variable VASCUSIM_PASSWORD holds several lines, not a password alone.',
    });
  });

  test('is what a command prints first, also behind a byte order mark', async () => {
    const reader = new PasswordReader(
      { passwordCommand: "printf '\\357\\273\\277geheim\\r\\nmore\\n'" },
      signal,
    );
    expect(await reader.read()).toBe('geheim');
  });

  test('is a one-time code without its line end', async () => {
    setVariable('VASCUSIM_OTP', '123456\n');
    expect(await new OtpReader(signal).read(1)).toBe('123456');
  });

  test.each([
    ['VASCUSIM_TOKEN', 'hf_secretsecret\n'],
    ['HF_TOKEN', 'hf_secretsecret\r\n'],
  ])('is the token of the Hub in %s', async (name, value) => {
    const hub = await startHub();
    hub.tokens.add(value.trim());
    const repository = hub.add('user/name', { 'a.vtu': smallVtu() });
    repository.access = 'private';
    repository.readers.add(value.trim());
    const { run } = await makeCli({ env: { HF_ENDPOINT: hub.url } });
    expect(await run(['ls', 'user/name', '-q'], { env: { [name]: value } })).toMatchObject({
      status: 0,
      stdout: 'a\n',
    });
  });

  test('is no part of the value of any other variable', async () => {
    const { run } = await makeCli();
    const data = await makeFolder({ 'x/a.vtu': smallVtu(), 'b.vtu': smallVtu() });
    const env = { VASCUSIM_SOURCE: `${data}\n`, VASCUSIM_SOURCE_DIR: 'x\r\n', VASCUSIM_LIMIT: '1\n' };
    expect(await run(['ls', '-q'], { env })).toEqual({ status: 0, stdout: 'x/a\n', stderr: '' });
  });
});
