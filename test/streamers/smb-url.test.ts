import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { parseSmbUrl } from '../../src/sources/smb/address.ts';
import { openStreamer } from '../../src/streamers/open-streamer.ts';

const account = { username: 'ada', password: 'secret' };

describe('"@" behind the host is a part of a name', () => {
  test.each([
    ['smb://nas/share/run@2', 'share/run@2'],
    ['smb://nas:4450/share/@x/y@', 'share/@x/y@'],
    ['SMB://nas/a@b', 'a@b'],
    ['smb://nas/share/run%402', 'share/run@2'],
    ['nas/share/run@2', 'share/run@2'],
    ['\\\\nas\\share\\run@2', 'share/run@2'],
    ['[::1]:4450/s/run@2', 's/run@2'],
  ])('in %s', (url, folder) => {
    expect(parseSmbUrl(url).folder).toBe(folder);
  });

  test.each([
    ['smb://nas/share/run@2', {}],
    ['cifs://nas/share/run@2', {}],
    ['\\\\nas\\share\\run@2', {}],
    ['//nas/share/run@2', {}],
    ['\\\\nas\\share\\run@2', { accessMode: 'smb' }],
    ['nas://nas/share/run@2', {}],
    ['nas://nas/share/run%402', {}],
  ] as const)('of a place, %s %j', async (sourceUrl, options) => {
    const place = openStreamer({ sourceUrl, ...account, ...options });
    expect(place.folder).toBe('share/run@2');
    await place.streamer.close();
  });
});

test.each([
  'smb://ada@nas/share',
  'smb://ada:hunter2@nas/share',
  'smb://LAB;ada:hunter2@nas/share/run@2',
  'ada:hunter2@nas',
  'ada@nas/share',
  '\\\\ada:hunter2@nas\\share',
  'smb://ada:hunter2/x@nas/share',
  'smb://ada:hunter2%ZZ@nas',
])('a user name or password before the host is refused without showing it: %s', (url) => {
  let error: unknown;
  try {
    parseSmbUrl(url);
  } catch (thrown) {
    error = thrown;
  }
  expect(isVascuError(error, 'CONFIG') && error.option).toBe('sourceUrl');
  expect(String(error)).not.toContain('hunter2');
});
