import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { fillIn } from '../../../src/cli/options/settings.ts';
import { addSourceOptions, resolveSource } from '../../../src/cli/options/source-options.ts';
import type { PlaceOptions } from '../../../src/streamers/place.ts';
import { makeFolder } from '../../temporary-folder.ts';

let settings = '';
let said = '';
beforeEach(async () => {
  settings = join(await makeFolder(), 'own.json');
  vi.stubEnv('VASCUSIM_CONFIG', settings);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', '');
  vi.stubEnv('AWS_ENDPOINT_URL', '');
  await writeFile(settings, '{}');
  said = '';
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  onTestFinished(() => {
    spy.mockRestore();
    vi.unstubAllEnvs();
  });
});

/** Options that the library gets for a command line. */
function optionsOf(address: string, ...args: string[]): PlaceOptions {
  const command = addSourceOptions(new Command('ls').exitOverride());
  command.argument('[source]').action(() => undefined);
  command.parse([address, ...args], { from: 'user' });
  fillIn(command);
  return resolveSource(command, address, new AbortController().signal).options;
}

const STORE = 'http://elsewhere:9000';

test('the address of a Hub in variables and settings is none of a store, and that is said', async () => {
  vi.stubEnv('VASCUSIM_ENDPOINT', STORE);
  expect(optionsOf('user/name')).toMatchObject({ endpoint: STORE });
  expect(said).toBe('');
  expect(optionsOf('s3://bucket').endpoint).toBeUndefined();
  expect(said).toMatch(
    /VASCUSIM_ENDPOINT is not for a bucket of S3: type --endpoint, or set AWS_ENDPOINT_URL_S3\./,
  );
  vi.stubEnv('VASCUSIM_ENDPOINT', '');
  await writeFile(settings, JSON.stringify({ endpoint: STORE }));
  expect(optionsOf('user/name')).toMatchObject({ endpoint: STORE });
  expect(optionsOf('s3://bucket').endpoint).toBeUndefined();
  expect(said).toMatch(/The setting "endpoint" is not for a bucket of S3/);
});

test('nothing is said where a variable of S3 names the store', () => {
  vi.stubEnv('VASCUSIM_ENDPOINT', STORE);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://store:9000');
  expect(optionsOf('s3://bucket').endpoint).toBeUndefined();
  expect(said).toBe('');
});

test('the address of a store is taken as it is typed, whatever a variable says', () => {
  vi.stubEnv('VASCUSIM_ENDPOINT', STORE);
  expect(optionsOf('s3://bucket', '--endpoint', 'http://store:9000').endpoint).toBe('http://store:9000');
  expect(said).toBe('');
});

test('the help says where the keys of a bucket come from', () => {
  let help = '';
  addSourceOptions(new Command('ls'))
    .configureOutput({ writeOut: (text) => void (help += text) })
    .outputHelp();
  expect(help.replaceAll(/\s+/g, ' ')).toContain(
    'the credentials of a bucket of S3 from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN',
  );
});

test('--anonymous counts more than that an account pays in the settings', async () => {
  await writeFile(settings, '{"requesterPays": true}');
  expect(optionsOf('s3://bucket')).toMatchObject({ requesterPays: true });
  const options = optionsOf('s3://bucket', '--anonymous');
  expect(options).toMatchObject({ anonymous: true });
  expect(options).not.toHaveProperty('requesterPays');
});
