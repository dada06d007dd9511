import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { adviceIn } from '../../src/cli/options/advice.ts';
import { refusalOfSecret } from '../../src/cli/options/secret-arguments.ts';
import { fillIn } from '../../src/cli/options/settings.ts';
import { addSourceOptions, resolveSource } from '../../src/cli/options/source-options.ts';
import { reword } from '../../src/cli/options/wording.ts';
import { ConfigError } from '../../src/core/errors.ts';
import type { SourceKind } from '../../src/core/source-kind.ts';
import { KINDS } from '../../src/sources/registry.ts';
import { openPlace } from '../../src/streamers/open-place.ts';
import type { PlaceOptions } from '../../src/streamers/place.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { LoopbackDav } from '../servers/dav.ts';
import { dav } from '../sources/dav-kind.ts';
import { makeFolder } from '../temporary-folder.ts';

const kinds: readonly SourceKind[] = [...KINDS, dav];
const { signal } = new AbortController();

let home = '';
beforeEach(async () => {
  home = await makeFolder();
  const before = process.cwd();
  process.chdir(home);
  vi.stubEnv('VASCUSIM_CONFIG', join(home, 'own.json'));
  vi.stubEnv('VASCUSIM_CACHE_DIR', join(home, 'cache'));
  await writeFile(join(home, 'own.json'), '{}');
  onTestFinished(() => {
    process.chdir(before);
    vi.unstubAllEnvs();
  });
});

/** A command that reads a source, with these arguments. */
function resolve(address: string, ...args: string[]) {
  const command = addSourceOptions(
    new Command('ls').exitOverride().configureOutput({ writeErr: () => {} }),
    kinds,
  );
  command.argument('[source]').action(() => undefined);
  command.parse([address, ...args], { from: 'user' });
  fillIn(command);
  return { command, source: () => resolveSource(command, address, signal) };
}

const given = (...args: string[]): PlaceOptions & { readonly depth?: number; readonly realm?: string } =>
  resolve('dav://host/dir', '--user', 'ada', ...args).source().options;

describe('a kind of place that only a test knows of', () => {
  test('is recognized by its scheme, and named among the schemes there are', async () => {
    expect(resolve('dav://host/dir', '--user', 'ada').source()).toMatchObject({
      kind: { name: 'dav' },
      why: '"dav://host/dir" begins with "dav:"',
    });
    await expect(openPlace({ sourceUrl: 'gopher://x' }, kinds)).rejects.toThrow(/smb:, hf:, dav:\.$/);
  });

  test('is a type', () => {
    expect(resolve('host', '--type', 'dav', '--user', 'ada').source().kind.name).toBe('dav');
  });

  test('has flags, read as its table says', () => {
    expect(given('--depth', '3', '--realm', 'lab')).toMatchObject({
      username: 'ada',
      depth: 3,
      realm: 'lab',
    });
    expect(() => given('--depth', 'deep')).toThrow(/whole number/);
  });

  test('has variables', () => {
    vi.stubEnv('VASCUSIM_DEPTH', '2');
    expect(given()).toMatchObject({ depth: 2 });
    vi.stubEnv('VASCUSIM_DEPTH', 'deep');
    expect(() => given()).toThrow('VASCUSIM_DEPTH is "deep", which cannot be used');
  });

  test('has settings, of which a file beside data may say only what its table allows', async () => {
    await writeFile(join(home, 'vascusim.json'), '{"depth": 4}');
    await writeFile(join(home, 'own.json'), '{"realm": "lab"}');
    expect(given()).toMatchObject({ depth: 4, realm: 'lab' });
    await writeFile(join(home, 'vascusim.json'), '{"realm": "theirs"}');
    expect(() => given()).toThrow('may not say "realm"');
  });

  test('has help, which names who has an option', () => {
    const { command } = resolve('dav://host/dir');
    let help = '';
    command
      .configureOutput({ writeOut: (text) => void (help += text), getOutHelpWidth: () => 200 })
      .outputHelp();
    expect(help).toMatch(/--depth <n> +WebDAV: deepest folder listed/);
    expect(help).toMatch(/--user <name> +WebDAV: account|NAS: account.*; WebDAV: account/);
    expect(help).toMatch(/the password of a WebDAV server\s+comes from --password-stdin/);
  });

  test('says what it needs', () => {
    expect(() => resolve('dav://host/dir').source()).toThrow(
      'A WebDAV server needs an account: give --user NAME, or the variable VASCUSIM_USER (it is a WebDAV server since "dav://host/dir" begins with "dav:").',
    );
  });

  test('refuses flags of other kinds, and other kinds refuse its own', () => {
    expect(() => given('--revision', 'v1')).toThrow('--revision has no meaning for a WebDAV server');
    expect(() => resolve('.', '--depth', '1').source()).toThrow(
      '--depth has no meaning for a folder of this machine',
    );
  });

  test('refuses options of other kinds in a program', async () => {
    const options = { sourceUrl: 'dav://host/dir', username: 'ada', revision: 'v1' };
    await expect(openPlace(options, kinds)).rejects.toThrow(/^revision has no meaning for a WebDAV server/);
    const foreign = { sourceUrl: '.', depth: 1 } as PlaceOptions;
    await expect(openPlace(foreign, kinds)).rejects.toMatchObject({ code: 'CONFIG', option: 'depth' });
  });

  test('has hints that name its flags', () => {
    const where = { flags: undefined, kind: 'dav' };
    expect(adviceIn(new ConfigError('depth', 'It is too deep.'), where, kinds)).toBe(
      'on the command line this is --depth',
    );
  });

  test('has messages in the words of its flags, or of its variables where the command has no such flag', () => {
    const said = 'The option "depth" is 7: leave out the option realm. Give the option "password".';
    const say = (...flags: string[]): string => reword(said, { flags: new Set(flags), kind: 'dav' }, kinds);
    expect(say('--depth', '--realm')).toBe('--depth is 7: leave out --realm. Give VASCUSIM_PASSWORD.');
    expect(say()).toBe('VASCUSIM_DEPTH is 7: leave out VASCUSIM_REALM. Give VASCUSIM_PASSWORD.');
  });

  test('has secrets that are no arguments', () => {
    const error = refusalOfSecret(['ls', '--password=geheim'], kinds);
    expect(error?.message).toMatch(/^There is no option --password: .*set VASCUSIM_PASSWORD/);
    expect(refusalOfSecret(['ls', '--password-stdin'], kinds)).toBeUndefined();
  });

  test('refuses a login in its address', () => {
    expect(() => resolve('dav://ada:secret@host/dir').source()).toThrow(
      /leave "user:password@" out, give --user/,
    );
  });

  test('is read over the network, with the password of the variable', async () => {
    await using server = await LoopbackDav.start(
      { 'case.vtu': smallVtu(), 'deep/er/case.vtu': smallVtu() },
      'ada:secret',
    );
    vi.stubEnv('VASCUSIM_PASSWORD', 'secret');
    const address = `dav://127.0.0.1:${server.port}/`;
    const { streamer } = await resolve(address, '--user', 'ada', '--depth', '1').source().open();
    try {
      const files = await streamer.listFiles();
      expect(files.map(({ path }) => path)).toEqual(['case.vtu']);
      expect(new TextDecoder().decode(await streamer.readWhole('case.vtu'))).toBe(smallVtu());
    } finally {
      await streamer.close();
    }
  });
});
