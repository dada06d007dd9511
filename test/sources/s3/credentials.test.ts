import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Environment } from '../../../src/sources/environment.ts';
import { CredentialStore } from '../../../src/sources/s3/credential-store.ts';
import { findCredentials } from '../../../src/sources/s3/credentials.ts';
import type { S3SourceOptions } from '../../../src/sources/s3/options.ts';
import { S3Source } from '../../../src/sources/s3/s3-source.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'variable-key', AWS_SECRET_ACCESS_KEY: 'variable-secret' };

/** Home with the two files of AWS's own programs. */
async function home(credentials: string, config = ''): Promise<{ readonly HOME: string }> {
  const folder = await makeFolder();
  await mkdir(join(folder, '.aws'));
  await writeFile(join(folder, '.aws/credentials'), credentials);
  await writeFile(join(folder, '.aws/config'), config);
  return { HOME: folder };
}

function find(environment: Environment, more: { readonly profile?: string } = {}) {
  const settings = { credentials: undefined, profile: undefined, environment, ...more };
  return findCredentials(settings, new AbortController().signal);
}

const FILE = `# keys
[default]
aws_access_key_id = default-key
aws_secret_access_key=default/secret+=

[work]
AWS_Access_Key_Id = work-key ; of the group
aws_secret_access_key = work-secret
aws_session_token = work-token
`;

test('variables come before the profile, and the profile that an option names before them', async () => {
  const environment = { ...(await home(FILE)), ...KEYS };
  expect(await find(environment)).toMatchObject({
    accessKeyId: 'variable-key',
    secretAccessKey: 'variable-secret',
  });
  expect(await find({ ...environment, AWS_SESSION_TOKEN: 'T' })).toMatchObject({ sessionToken: 'T' });
  expect(await find(environment, { profile: 'work' })).toEqual({
    accessKeyId: 'work-key',
    secretAccessKey: 'work-secret',
    sessionToken: 'work-token',
    from: 'the profile "work"',
  });
});

test('without variables it is the profile of AWS_PROFILE, else the default one', async () => {
  const environment = await home(FILE);
  expect(await find(environment)).toMatchObject({
    accessKeyId: 'default-key',
    secretAccessKey: 'default/secret+=',
  });
  expect(await find({ ...environment, AWS_PROFILE: 'work' })).toMatchObject({ accessKeyId: 'work-key' });
});

test('files may lie elsewhere, and the config file may have keys', async () => {
  const folder = await makeFolder();
  const config = join(folder, 'config.ini');
  await writeFile(config, '[profile "my lab"]\naws_access_key_id = c\naws_secret_access_key = s\n');
  const environment = { HOME: folder, AWS_CONFIG_FILE: '~/config.ini', AWS_PROFILE: 'my lab' };
  expect(await find(environment)).toMatchObject({ accessKeyId: 'c', secretAccessKey: 's' });
});

test('credential_process runs without a shell, with quotes as in one', async () => {
  const folder = await makeFolder();
  const script = join(folder, 'give keys.sh');
  await writeFile(
    script,
    `#!/bin/sh\nprintf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s","SessionToken":"t","Expiration":"2030-01-02T03:04:05Z"}' "$1" "$2"\n`,
  );
  await chmod(script, 0o755);
  const environment = await home('', `[default]\ncredential_process = "${script}" 'the $HOME' se\\ cret\n`);
  const refusal = await failureOf(find(environment));
  expect(refusal).toMatchObject({ code: 'CONFIG' });
  expect(String(refusal)).not.toMatch(/se cret/);
  const good = await home('', `[default]\ncredential_process = "${script}" process-key s\\$ecret\n`);
  expect(await find(good)).toEqual({
    accessKeyId: 'process-key',
    secretAccessKey: 's$ecret',
    sessionToken: 't',
    expiration: new Date('2030-01-02T03:04:05Z'),
    from: 'the profile "default"',
  });
});

test.each([
  ['/bin/sh -c "echo s3cret; exit 3"', /ends with exit code 3/],
  ['/bin/echo s3cret', /prints no JSON/],
  ['/no/such/program s3cret', /cannot be run \(ENOENT\)/],
  ['/bin/sh -c "kill -9 $$" s3cret', /was ended by SIGKILL/],
  ['/bin/cat', /prints no JSON/],
])('%s is an AuthError that repeats nothing', async (command, message) => {
  const error = await failureOf(find(await home('', `[default]\ncredential_process = ${command}\n`)));
  expect(error).toMatchObject({ code: 'AUTH', message: expect.stringMatching(message) });
  expect(`${String(error)} ${(error as Error).message}`).not.toContain('s3cret');
});

test.each([
  ['sso_session = lab', /sso_session stands for.*aws configure export-credentials/],
  ['role_arn = arn:aws:iam::1:role/x\nsource_profile = y', /role_arn stands for/],
  [
    'region = eu-west-1',
    /The profile "default" has no keys in .*credentials and .*config: set AWS_ACCESS_KEY_ID/,
  ],
])('a profile with %s says how to get keys', async (line, message) => {
  const error = await failureOf(find(await home('', `[default]\n${line}\n`)));
  expect(error).toMatchObject({ code: 'AUTH', message: expect.stringMatching(message) });
});

test('no keys at all say which variables to set, and how a public bucket is read', async () => {
  const error = await failureOf(find({ HOME: '/nonexistent' }));
  expect(error).toMatchObject({
    code: 'AUTH',
    message: expect.stringMatching(/AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.*option "anonymous"/),
  });
});

test.each([
  [{ AWS_ACCESS_KEY_ID: 'x' }, /AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not/],
  [{ AWS_SECRET_ACCESS_KEY: 'x' }, /AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not/],
  [{ AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'two words' }, /have spaces or other characters/],
])('%j is a ConfigError', async (variables, message) => {
  const error = await failureOf(find({ HOME: '/nonexistent', ...variables }));
  expect(error).toMatchObject({ code: 'CONFIG', message: expect.stringMatching(message) });
});

/** Message of a source that cannot be made. */
function refusalOf(options: Partial<S3SourceOptions>): unknown {
  try {
    new S3Source({ bucket: 'sims', environment: { HOME: '/nonexistent' }, ...options });
    return undefined;
  } catch (error) {
    return error;
  }
}

test.each<readonly [Partial<S3SourceOptions>, string, RegExp]>([
  [{ bucket: 'a/b' }, 'bucket', /is no name of a bucket/],
  [{ bucket: 'arn:aws:s3:::x' }, 'bucket', /give its name/],
  [{ endpoint: 'minio:9000' }, 'endpoint', /no http: or https: URL/],
  [{ endpoint: 'http://user:pass@minio:9000' }, 'endpoint', /has a user name or password in it/],
  [{ endpoint: 'user:pass@minio:9000' }, 'endpoint', /no http: or https: URL/],
  [{ bucket: undefined as never }, 'bucket', /is no name of a bucket/],
  [{ endpoint: 'http://127.0.0.1:9000', pathStyle: false }, 'pathStyle', /leave out pathStyle: false/],
  [{ bucket: 'a^b', pathStyle: false }, 'pathStyle', /leave out pathStyle: false/],
  [{ region: 'eu west' }, 'region', /give one such as/],
  [{ profile: 'nope' }, 'profile', /There is no profile "nope" in/],
  [
    { environment: { HOME: '/nonexistent', AWS_PROFILE: 'nope' } },
    'profile',
    /AWS_PROFILE names the profile "nope"/,
  ],
  [{ anonymous: true, requesterPays: true }, 'anonymous', /exclude each other/],
  [{ bucketName: 'x' } as Partial<S3SourceOptions>, 'bucketName', /has no option/],
])('%j cannot be used, and the message says why', (options, option, message) => {
  const error = refusalOf(options);
  expect(error).toMatchObject({ code: 'CONFIG', option, message: expect.stringMatching(message) });
  expect(String(error)).not.toContain('pass@');
});

test.each<readonly [Environment, string, string]>([
  [{}, '[default]\nendpoint_url = https://store.example/s3/', 'https://store.example/s3/sims'],
  [{ AWS_ENDPOINT_URL: 'http://a' }, '', 'http://a/sims'],
  [{ AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_S3: 'http://b' }, '', 'http://b/sims'],
  [{ AWS_ENDPOINT_URL: '' }, '[default]\ns3 =\n  endpoint_url = http://c\nregion = x', 'http://c/sims'],
])('%j and the config file say the endpoint', async (variables, config, id) => {
  const environment = { ...(await home('', config)), ...variables };
  await using source = new S3Source({ bucket: 'sims', environment });
  expect(source.id).toBe(id);
});

test('keys whose end is near are asked for anew, but not with each request', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let asked = 0;
  const store = new CredentialStore(async () => {
    asked++;
    const expiration = new Date(Date.now() + 90_000);
    return { accessKeyId: `key ${asked}`, secretAccessKey: 's', expiration, from: 'a test' };
  });
  const after = async (ms: number): Promise<string> => {
    vi.advanceTimersByTime(ms);
    return (await store.current(undefined)).accessKeyId;
  };
  expect(await after(0)).toBe('key 1');
  expect(await after(29_000)).toBe('key 1');
  expect(await after(2_000)).toBe('key 2');
  expect(await after(1_000)).toBe('key 2');
});

test('keys that are given with little time left are used for some time', async () => {
  let asked = 0;
  const store = new CredentialStore(async () => {
    asked++;
    return {
      accessKeyId: 'k',
      secretAccessKey: 's',
      expiration: new Date(Date.now() + 1000),
      from: 'a test',
    };
  });
  for (let index = 0; index < 5; index++) await store.current(undefined);
  expect(asked).toBe(1);
});

test('closing a source ends the program that its keys come from', async () => {
  const environment = await home('', '[default]\ncredential_process = /bin/sleep 60\n');
  const source = new S3Source({ bucket: 'sims', endpoint: 'http://127.0.0.1:1', environment });
  const reading = failureOf(source.stat('x'));
  await source.close();
  expect(await reading).toMatchObject({ code: 'DISPOSED' });
});

test('keys that a function gives late are found once, and again where they are refused', async () => {
  let asked = 0;
  const store = new CredentialStore(async () => {
    asked++;
    await new Promise((resolve) => setImmediate(resolve));
    return { accessKeyId: `key ${asked}`, secretAccessKey: 's', from: 'a test' };
  });
  const [first, same] = await Promise.all([store.current(undefined), store.current(undefined)]);
  expect(same).toBe(first);
  const renewed = await Promise.all([store.replace(first, undefined), store.replace(first, undefined)]);
  expect(renewed.map((found) => found?.accessKeyId)).toEqual(['key 2', 'key 2']);
  expect(await store.replace(first, undefined)).toBe(renewed[0]);
  expect(asked).toBe(2);
});

test('a setting or token that is left empty is none', async () => {
  const keys = 'aws_access_key_id = K\naws_secret_access_key = S\n';
  const environment = await home(
    `[default]\n${keys}aws_session_token =\ncredential_process =\n`,
    '[default]\nregion =\nendpoint_url =\n',
  );
  expect(await find(environment)).toEqual({
    accessKeyId: 'K',
    secretAccessKey: 'S',
    from: 'the profile "default"',
  });
  await using source = new S3Source({ bucket: 'sims', environment });
  expect(source.id).toBe('s3://sims');
  const credentials = { accessKeyId: 'K', secretAccessKey: 'S', sessionToken: '' };
  const given = await findCredentials(
    { credentials, profile: undefined, environment },
    new AbortController().signal,
  );
  expect(given.sessionToken).toBeUndefined();
});

test('settings may stand behind a colon, and names of profiles between quotes of either kind', async () => {
  const environment = await home('', `[profile 'my lab']\naws_access_key_id: K\naws_secret_access_key: S=\n`);
  expect(await find(environment, { profile: 'my lab' })).toMatchObject({
    accessKeyId: 'K',
    secretAccessKey: 'S=',
  });
});

test('what looks like a comment between quotes is part of a command', async () => {
  const command = `/bin/echo '{"Version":1,"AccessKeyId":"K","SecretAccessKey":"S #;"}' # keys`;
  const error = await failureOf(find(await home('', `[default]\ncredential_process = ${command}\n`)));
  // The keys were read, and are none for their space.
  expect(error).toMatchObject({ code: 'CONFIG', option: 'credentials' });
});

test('a credential_process of no command is said to be none', async () => {
  const error = await failureOf(find(await home('', '[default]\ncredential_process = ""\n')));
  expect(error).toMatchObject({ code: 'AUTH', message: expect.stringContaining('is no command') });
});

test('the endpoint may stand in the services that a profile names, and counts more there', async () => {
  const environment = await home(
    '',
    '[profile lab]\nendpoint_url = http://every\nservices = lab\n\n' +
      '[services lab]\ns3 =\n  endpoint_url = http://of-s3\ndynamodb =\n  endpoint_url = http://other\n',
  );
  await using source = new S3Source({ bucket: 'sims', environment, profile: 'lab' });
  expect(source.id).toBe('http://of-s3/sims');
});

test('keys that cannot be renewed are used to their end, and asked for now and then', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let asked = 0;
  const expiration = new Date(Date.now() + 90_000);
  const store = new CredentialStore(async () => {
    if (++asked > 1) throw new Error('the program has failed');
    return { accessKeyId: 'first', secretAccessKey: 's', expiration, from: 'a test' };
  });
  const after = async (ms: number): Promise<string> => {
    vi.advanceTimersByTime(ms);
    return (await store.current(undefined)).accessKeyId;
  };
  expect([await after(0), await after(40_000), await after(1000), await after(1000)]).toEqual(
    Array.from({ length: 4 }, () => 'first'),
  );
  expect(asked).toBe(2);
  expect(await after(20_000)).toBe('first');
  expect(asked).toBe(3);
  await expect(after(30_000)).rejects.toThrow('the program has failed');
});

test('a file of AWS that is there and cannot be read is named with the reason', async () => {
  const folder = await makeFolder({ '.aws/config': '[default]\nregion = eu-west-1\n' });
  await mkdir(join(folder, '.aws/credentials'));
  const without = await failureOf(find({ HOME: folder }));
  expect(String(without)).toMatch(/credentials \(which cannot be read: EISDIR\) and .*config: set/);
  const unnamed = await failureOf(find({ HOME: folder }, { profile: 'lab' }));
  expect(String(unnamed)).toMatch(/There is no profile "lab" in .*\(which cannot be read: EISDIR\) and/);
});
