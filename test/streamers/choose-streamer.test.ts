import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { HuggingFaceStreamer } from '../../src/streamers/hugging-face-streamer.ts';
import { LocalStreamer } from '../../src/streamers/local-streamer.ts';
import { NASStreamer } from '../../src/streamers/nas-streamer.ts';
import { openStreamer } from '../../src/streamers/open-streamer.ts';
import type { Place, PlaceOptions } from '../../src/streamers/place.ts';
import { makeFolder } from '../temporary-folder.ts';

const account = { username: 'ada', password: 'secret' };

function choose(sourceUrl: string | URL, options: Partial<PlaceOptions> = {}): Place {
  const place = openStreamer({ sourceUrl, environment: {}, ...options });
  onTestFinished(() => place.streamer.close());
  return place;
}

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

describe('openStreamer', () => {
  test.each([
    '.',
    '/data/cases',
    'file:///data',
    pathToFileURL('.'),
    'odd:name/cases',
    'data',
    'host.example.org',
  ])('takes %s as a folder', (sourceUrl) => {
    const { environment: _, ...none } = { environment: undefined };
    expect(choose(sourceUrl, { ...none, environment: undefined }).streamer).toBeInstanceOf(LocalStreamer);
  });

  test.each([
    ['.', {}],
    ['file:///data', {}],
    ['http://127.0.0.1/cases/', {}],
    ['https://hub.example/datasets/user/name', {}],
    ['nas://host/share', account],
    ['smb://host/share', account],
    ['192.168.1.100', account],
    ['hf://datasets/user/name', { endpoint: 'https://hub.example' }],
    ['user/name', { streamingType: 'local' }],
  ] as const)('opens %s whatever is wrong with the settings of the Hub', (sourceUrl, options) => {
    for (const HF_ENDPOINT of ['hub.example', 'ftp://hub.example', 'https://u:p@hub.example']) {
      vi.stubEnv('HF_ENDPOINT', HF_ENDPOINT);
      expect(() => choose(sourceUrl, { ...options, environment: undefined })).not.toThrow();
    }
    vi.unstubAllEnvs();
  });

  test.each(['user/name', 'hf://datasets/user/name'])('names a wrong HF_ENDPOINT for %s', (sourceUrl) => {
    const error = thrownBy(() => choose(sourceUrl, { environment: { HF_ENDPOINT: 'hub.example' } }));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('HF_ENDPOINT');
  });

  test.each([
    ['nas://host/share/cases', account, 'api', 'share/cases', 'nas://host:5001'],
    ['smb://host/share/my%20cases', account, 'smb', 'share/my cases', 'smb://host/'],
    ['192.168.1.100', account, 'api', undefined, 'nas://192.168.1.100:5001'],
    ['nas.local', { ...account, accessMode: 'smb' }, 'smb', undefined, 'smb://nas.local/'],
    ['192.168.1.100:5000', account, 'api', undefined, 'nas://192.168.1.100:5000'],
    ['nas.local', { ...account, streamingType: 'nas' }, 'api', undefined, 'nas://nas.local:5001'],
  ] as const)('takes %s as a NAS', (sourceUrl, options, accessMode, folder, id) => {
    const place = choose(sourceUrl, {
      ...options,
      environment: undefined,
      onWarning: accessMode === 'api' ? () => undefined : undefined,
    });
    expect(place.streamer).toBeInstanceOf(NASStreamer);
    expect((place.streamer as NASStreamer).accessMode).toBe(accessMode);
    expect(place.folder).toBe(folder);
    expect(place.streamer.source.id).toBe(id);
  });

  test.each([
    ['hf://datasets/user/name@v1/cases', {}, 'cases'],
    ['user/name', {}, undefined],
    ['https://huggingface.co/datasets/user/name/tree/main/a/b', {}, 'a/b'],
    ['user/name', { streamingType: 'hf', revision: 'v2', token: false }, undefined],
  ] as const)('takes %s as a dataset of the Hub', (sourceUrl, options, folder) => {
    const place = choose(sourceUrl, { hubCacheDir: false, ...options });
    expect(place.streamer).toBeInstanceOf(HuggingFaceStreamer);
    expect(place.streamer.source.id).toBe('hf://datasets/user/name');
    expect(place.folder).toBe(folder);
  });

  test.each([
    ['synology', 'api', 'nas://nas.local:5001'],
    ['smb', 'smb', 'smb://nas.local/'],
  ] as const)('the type %s is a NAS by that way', (streamingType, accessMode, id) => {
    const { streamer } = choose('nas.local', { ...account, streamingType, environment: undefined });
    expect(streamer).toMatchObject({ accessMode, source: { id } });
  });

  test('a type that is one way to a NAS and an access mode that is the other exclude each other', () => {
    const error = thrownBy(() =>
      choose('nas.local', { ...account, streamingType: 'smb', accessMode: 'api' }),
    );
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('accessMode');
  });

  test('an option of another kind is refused with what the address was taken for', () => {
    expect(() => choose('smb://host/share', { ...account, otp: '123456', environment: undefined })).toThrow(
      'otp has no meaning for a NAS by SMB, which sourceUrl is taken for: leave it out.',
    );
  });

  test('a folder of the form user/name is a folder, and it says so', async () => {
    const folder = await makeFolder();
    await mkdir(join(folder, 'user', 'name'), { recursive: true });
    const before = process.cwd();
    process.chdir(folder);
    try {
      const { streamer, why } = choose('user/name', { environment: undefined });
      expect(streamer).toBeInstanceOf(LocalStreamer);
      expect(why).toMatch(/is a folder of this machine/);
    } finally {
      process.chdir(before);
    }
  });

  test('takes other web addresses as folders of a web server', () => {
    const { streamer, why } = choose('https://example.org/cases/', {
      environment: undefined,
      index: 'files.txt',
    });
    expect(streamer.source.id).toBe('https://example.org/cases/');
    expect(why).toMatch(/begins with "https:"/);
  });

  test('a scheme that is not known is UNSUPPORTED, and says which are', () => {
    const error = thrownBy(() => choose('s3://bucket/cases', { environment: undefined }));
    expect(isVascuError(error, 'UNSUPPORTED')).toBe(true);
    expect(String(error)).toMatch(/smb:, hf:/);
  });

  test.each([
    ['/data', { username: 'ada' }, 'username'],
    ['/data', { token: 'hf_x' }, 'token'],
    ['nas://host/share', { ...account, revision: 'v1' }, 'revision'],
    ['smb://host/share', { ...account, otp: '123456' }, 'otp'],
    ['hf://datasets/user/name', { username: 'ada' }, 'username'],
    ['https://example.org/cases/', { domain: 'LAB' }, 'domain'],
    ['https://example.org/cases/', { copyToCache: true }, 'copyToCache'],
    ['/data', { streamingType: 's3' }, 'streamingType'],
  ] as const)('%s has no option like %o', (sourceUrl, options, option) => {
    const given = { streamingType: sourceUrl === '/data' ? ('local' as const) : undefined, ...options };
    const error = thrownBy(() =>
      choose(sourceUrl, { environment: undefined, ...given } as Partial<PlaceOptions>),
    );
    expect(isVascuError(error, 'CONFIG') && error.option).toBe(option);
  });

  test('no secret is in what it says', () => {
    for (const sourceUrl of [
      'smb://ada:secret@host/share',
      'nas://ada:secret@host/share',
      'https://ada:secret@host/x',
    ]) {
      for (const options of [{}, { revision: 'v1', otp: '1' }, { accessMode: 'smb', token: 'x' }] as const) {
        const error = thrownBy(() => choose(sourceUrl, { environment: undefined, ...options }));
        expect(isVascuError(error), sourceUrl).toBe(true);
        expect(String(error)).not.toMatch(/secret/);
      }
    }
  });
});
