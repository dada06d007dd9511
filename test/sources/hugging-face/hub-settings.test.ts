import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import type { Environment } from '../../../src/sources/environment.ts';
import {
  findToken,
  readHubSettings,
  type TokenOption,
} from '../../../src/sources/hugging-face/hub-settings.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';

describe('readHubSettings', () => {
  const read = (environment: Environment): ReturnType<typeof readHubSettings> =>
    readHubSettings(environment, '/home/me');

  test('without variables: the public Hub, online, the usual folders', () => {
    expect(read({})).toEqual({
      endpoint: 'https://huggingface.co',
      offline: false,
      cacheFolder: '/home/me/.cache/huggingface/hub',
      idleTimeoutMs: undefined,
      tokenFile: '/home/me/.cache/huggingface/token',
      implicitToken: true,
    });
  });

  test.each<[Environment, string, string]>([
    [{ HF_HOME: '/h' }, '/h/hub', '/h/token'],
    [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub', '/x/huggingface/token'],
    [{ HF_HOME: '/h', HF_HUB_CACHE: '/c' }, '/c', '/h/token'],
    [{ HUGGINGFACE_HUB_CACHE: '/old' }, '/old', '/home/me/.cache/huggingface/token'],
    [
      { HF_HUB_CACHE: '', HF_HOME: ' ' },
      '/home/me/.cache/huggingface/hub',
      '/home/me/.cache/huggingface/token',
    ],
    [{ HF_HOME: '~/hf', HF_TOKEN_PATH: '$SECRETS/t', SECRETS: '/s' }, '/home/me/hf/hub', '/s/t'],
    [{ HF_HOME: '${UNSET}/hf' }, '${UNSET}/hf/hub', '${UNSET}/hf/token'],
  ])('%j', (environment, cacheFolder, tokenFile) => {
    expect(read(environment)).toMatchObject({ cacheFolder, tokenFile });
  });

  test.each([
    ['1', true],
    ['true', true],
    ['Yes', true],
    ['ON', true],
    ['0', false],
    ['', false],
    ['false', false],
    ['2', false],
  ])('HF_HUB_OFFLINE=%s is %s', (HF_HUB_OFFLINE, offline) => {
    expect(read({ HF_HUB_OFFLINE }).offline).toBe(offline);
  });

  test('takes the endpoint without its trailing slash, and the time-out in seconds', () => {
    const settings = read({ HF_ENDPOINT: 'https://hub.example/x/', HF_HUB_DOWNLOAD_TIMEOUT: '45' });
    expect(settings).toMatchObject({ endpoint: 'https://hub.example/x', idleTimeoutMs: 45_000 });
  });

  test.each(['hub.example', 'ftp://hub.example', 'https://me:secret@hub.example'])(
    'HF_ENDPOINT=%s is a ConfigError that names it and shows no secret',
    (HF_ENDPOINT) => {
      let error: unknown;
      try {
        read({ HF_ENDPOINT });
      } catch (thrown) {
        error = thrown;
      }
      expect(isVascuError(error, 'CONFIG') && error.option).toBe('HF_ENDPOINT');
      expect(String(error)).not.toContain('secret');
    },
  );
});

describe('findToken', () => {
  const find = async (
    option: TokenOption | undefined,
    environment: Environment,
    file?: string,
  ): Promise<string | undefined> => {
    const folder = await makeFolder(file === undefined ? {} : { token: file });
    const settings = readHubSettings({ HF_HOME: folder, ...environment }, folder);
    return (await findToken(option, settings, environment))?.value;
  };
  const both: Environment = { HF_TOKEN: 'hf_env', HUGGING_FACE_HUB_TOKEN: 'hf_old' };

  test('the option comes before HF_TOKEN, then HUGGING_FACE_HUB_TOKEN, then the file', async () => {
    expect(await find('hf_option', both, 'hf_file')).toBe('hf_option');
    expect(await find(undefined, both, 'hf_file')).toBe('hf_env');
    expect(await find(undefined, { HUGGING_FACE_HUB_TOKEN: 'hf_old' }, 'hf_file')).toBe('hf_old');
    expect(await find(undefined, { HF_TOKEN: '' }, ' hf_file\n')).toBe('hf_file');
    expect(await find(undefined, {})).toBeUndefined();
  });

  test('a function is asked each time; false means none', async () => {
    expect(await find(async () => 'hf_made', both)).toBe('hf_made');
    expect(await find(() => undefined, both)).toBeUndefined();
    expect(await find(false, both, 'hf_file')).toBeUndefined();
  });

  test('HF_HUB_DISABLE_IMPLICIT_TOKEN leaves only the option', async () => {
    const environment = { ...both, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' };
    expect(await find(undefined, environment, 'hf_file')).toBeUndefined();
    expect(await find('hf_option', environment)).toBe('hf_option');
  });

  test('HF_TOKEN_PATH names another file', async () => {
    const folder = await makeFolder({ elsewhere: 'hf_there' });
    expect(await find(undefined, { HF_TOKEN_PATH: join(folder, 'elsewhere') })).toBe('hf_there');
  });

  test.each(['hf_a\nX-Evil: 1', 'hf_ä', 'hf a', ['hf_a'] as unknown as string])(
    'a token with characters that none has is a ConfigError that does not show it',
    async (token) => {
      const error = await failureOf(find(token, {}));
      expect(isVascuError(error, 'CONFIG') && error.option).toBe('token');
      expect(String(error)).not.toContain('hf');
    },
  );
});
