import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LocalStreamer } from '../../src/streamers/local-streamer.ts';
import { NASStreamer } from '../../src/streamers/nas-streamer.ts';
import { openStreamer } from '../../src/streamers/open-streamer.ts';
import { type PlaceOptions, recognizePlace } from '../../src/streamers/place.ts';
import { makeFolder } from '../temporary-folder.ts';

const account = { username: 'ada', password: 'secret' };

function choose(sourceUrl: string, options: Partial<PlaceOptions> = {}) {
  const place = openStreamer({ sourceUrl, ...options });
  onTestFinished(() => place.streamer.close());
  return place;
}

const WRITTEN: readonly (readonly [given: string, folder: string | undefined])[] = [
  ['smb://files.example.org/sims/a%20b', 'sims/a b'],
  ['SMB://files.example.org/sims', 'sims'],
  ['cifs://files.example.org/sims/a%20b', 'sims/a b'],
  ['CIFS://files.example.org/sims', 'sims'],
  ['Cifs://files.example.org/', undefined],
  ['smb:\\\\files.example.org\\sims\\a b', 'sims/a b'],
  ['cifs:\\\\files.example.org\\sims\\100%', 'sims/100%'],
  ['\\\\files.example.org\\sims\\a b', 'sims/a b'],
  ['\\\\files.example.org\\sims\\100%25\\', 'sims/100%25'],
  ['\\\\files.example.org', undefined],
  ['//files.example.org/sims/a b', 'sims/a b'],
  ['//files.example.org/sims\\#1?', 'sims/#1?'],
  ['\\\\?\\UNC\\files.example.org\\sims\\a b', 'sims/a b'],
  ['//?/unc/files.example.org/sims', 'sims'],
];

test.each(
  WRITTEN.flatMap(([given, folder]) => [{}, account].map((login) => [given, folder, login] as const)),
)('%s is the folder %s by SMB, with the login %j', (given, folder, login) => {
  expect(recognizePlace({ sourceUrl: given, ...login })).toMatchObject({ kind: 'nas', accessMode: 'smb' });
  const place = choose(given, account);
  expect(place.streamer).toBeInstanceOf(NASStreamer);
  expect((place.streamer as NASStreamer).accessMode).toBe('smb');
  expect(place.streamer.source.id).toBe('smb://files.example.org/');
  expect(place.folder).toBe(folder);
});

test('a NAS streamer takes a path of Windows as SMB without being told', async () => {
  await using nas = new NASStreamer({ ...account, sourceUrl: '\\\\files.example.org\\sims\\aorta' });
  expect([nas.accessMode, nas.folder, nas.source.id]).toEqual([
    'smb',
    'sims/aorta',
    'smb://files.example.org/',
  ]);
});

test.each([
  ['two slashes before a folder that is there', (folder: string) => `/${folder}/a`],
  ['a file: URL', (folder: string) => `file://${folder}/a`],
  ['a drive of Windows', () => '\\\\?\\C:\\sims'],
  ['a device', () => '\\\\.\\PhysicalDrive0'],
  ['slashes alone', () => '//'],
  ['three slashes', () => '///nowhere/at-all'],
])('%s is a folder of this machine', async (_, given) => {
  const folder = await makeFolder();
  await mkdir(join(folder, 'a'));
  expect(choose(given(folder)).streamer).toBeInstanceOf(LocalStreamer);
});

test.each([
  's3://bucket/a',
  's3:bucket/a',
  'S3A://bucket',
  'gs://bucket',
  'ftp://host/a',
  'SFTP://host/a',
  'sftp:host/a',
  'webdav://host',
  'davs://host',
  'nfs://host/a',
  'rsync:host/a',
  'anything://host',
])('%s is told which addresses there are, in sentences', (given) => {
  const name = /^(\w+):/.exec(given)?.[1] ?? '';
  for (const login of [{}, account]) {
    expect(() => recognizePlace({ sourceUrl: given, ...login })).toThrow(
      `Addresses that begin with "${name}:" are not supported: give a folder of this machine, a path of Windows as ` +
        '"\\\\host\\share", a dataset of the Hub as "user/name", or an address that begins with one of file:, http:, ' +
        'https:, nas:, cifs:, smb:, hf:.',
    );
  }
});

test('a folder of another machine in a file: URL is told how SMB is written', () => {
  expect(() => choose('file://files/sims')).toThrow('(by SMB: smb://files/share/folder)');
});
