import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { S3Server } from '../servers/s3-server.ts';
import { describeWithSwift, makeSwiftBucket, SWIFT_KEYS, type SwiftBucket } from '../servers/swift.ts';
import { makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 240_000 });

const env = { AWS_ACCESS_KEY_ID: SWIFT_KEYS.keyId, AWS_SECRET_ACCESS_KEY: SWIFT_KEYS.secret };

async function filledBucket(): Promise<SwiftBucket> {
  const store = await makeSwiftBucket();
  for (const name of ['a', 'b']) await store.put(`aorta/${name}.vtu`, smallVtu({ points: 900 }));
  await store.put('aorta/a.json', '{"age": 60}');
  return store;
}

describeWithSwift('vascusim and a bucket of Swift', () => {
  test('with two variables it lists, reads, streams, downloads and checks', async () => {
    const { endpoint, bucket } = await filledBucket();
    const account = { AWS_ACCESS_KEY_ID: 'test:second', AWS_SECRET_ACCESS_KEY: 't0p-s3cret/+x' };
    const { run, home } = await makeCli({ env: account });
    const place = [`s3://${bucket}`, '--endpoint', endpoint];
    const listed = await run(['ls', ...place]);
    expect([listed.stderr, listed.status]).toEqual([expect.stringMatching(/2 samples/), 0]);
    expect(listed.stdout).toMatch(/aorta\/a/);
    const inFolder = [`s3://${bucket}/aorta`, '--endpoint', endpoint];
    const got = await run(['get', ...inFolder, '--to', join(home, 'data'), '--where', 'age > 50']);
    expect([got.stderr, got.status]).toEqual([expect.stringMatching(/^1 sample: got 2 files/), 0]);
    expect(existsSync(join(home, 'data/aorta/a.vtu')) || existsSync(join(home, 'data/a.vtu'))).toBe(true);
    const info = await run(['info', ...inFolder, 'a.vtu']);
    expect(info.stdout).toMatch(/points {2}900/);
    const streamed = await run(['stream', ...inFolder]);
    expect(streamed.status).toBe(0);
    const doctor = await run(['doctor', ...inFolder]);
    expect([doctor.stdout, doctor.status]).toEqual([
      expect.stringMatching(/ok {4}read a sample: read \d+ of/),
      0,
    ]);
    for (const { stdout, stderr } of [listed, got, info, streamed, doctor])
      expect(stdout + stderr).not.toMatch(/s3cret|test:second/);
    // Nor in what is kept.
    const kept = spawnSync('grep', ['-rlE', 's3cret|test:second', home]);
    expect([kept.stdout.toString(), kept.status]).toEqual(['', 1]);
  });

  test('settings and variables say the endpoint as well, and a wrong region is put right', async () => {
    const { endpoint, bucket } = await filledBucket();
    const { run } = await makeCli({
      env: { ...env, AWS_ENDPOINT_URL_S3: endpoint, VASCUSIM_REGION: 'eu-west-1' },
    });
    const { stderr, status } = await run(['ls', `s3://${bucket}/aorta`]);
    expect([stderr, status]).toEqual([expect.stringMatching(/2 samples/), 0]);
  });

  test.each([
    [
      'a wrong secret',
      { AWS_SECRET_ACCESS_KEY: 'wr0ng-secret' },
      ['--verbose'],
      4,
      /the key id or the secret key from the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is wrong: copy both anew/,
    ],
    [
      'no keys',
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
      [],
      4,
      /set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.*a public bucket is read without any by --anonymous/s,
    ],
    [
      'half of the keys',
      { AWS_SECRET_ACCESS_KEY: '' },
      [],
      2,
      /AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not/,
    ],
    ['a profile that is not there', {}, ['--aws-profile', 'nope'], 2, /There is no profile "nope" in/],
  ])('%s: one sentence says what to change', async (_, changed, flags, code, message) => {
    const { endpoint, bucket } = await filledBucket();
    const { run } = await makeCli({ env: { ...env, ...changed } });
    const { stderr, stdout, status } = await run(['ls', `s3://${bucket}`, '--endpoint', endpoint, ...flags]);
    expect(stderr).toMatch(message);
    expect(status).toBe(code);
    expect(stdout + stderr).not.toMatch(/wr0ng|testing/);
  });

  test('a bucket that is not public says how keys are given', async () => {
    const { endpoint, bucket } = await filledBucket();
    const { run } = await makeCli();
    const { stderr } = await run(['ls', `s3://${bucket}`, '--endpoint', endpoint, '--anonymous']);
    expect(stderr).toMatch(/leave out --anonymous and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/);
  });

  test('a wrong bucket or endpoint: one sentence says what to change', async () => {
    const { endpoint } = await filledBucket();
    const { run } = await makeCli({ env });
    const bucket = await run(['ls', 's3://no-such-bucket', '--endpoint', endpoint]);
    expect([bucket.stderr, bucket.status]).toEqual([
      expect.stringMatching(/There is no bucket "no-such-bucket" at .*: check its name and the endpoint/),
      3,
    ]);
    const port = await run(['ls', 's3://b', '--endpoint', 'http://127.0.0.1:1', '--tries', '1']);
    expect([port.stderr, port.status]).toEqual([
      expect.stringMatching(/refuses connections. Check the port/),
      5,
    ]);
    const scheme = await run(['ls', 's3://b', '--endpoint', '127.0.0.1:1']);
    expect([scheme.stderr, scheme.status]).toEqual([
      expect.stringMatching(/--endpoint is "127.0.0.1:1", which is no http/),
      2,
    ]);
  });
});

test('whatever else answers is no S3, and a public bucket needs no keys', async () => {
  await using server = await S3Server.start({ isPublic: true });
  server.put('a.vtu', smallVtu({ points: 9 }));
  const { run } = await makeCli();
  const { stderr, status } = await run(['ls', 's3://sims', '--endpoint', server.url, '--anonymous']);
  expect([stderr, status]).toEqual([expect.stringMatching(/1 sample/), 0]);
  server.traits.force = () => ({ status: 200, body: '<!doctype html><title>Console</title>' });
  const page = await run(['ls', 's3://sims', '--endpoint', server.url, '--anonymous']);
  expect(page.stderr).toMatch(
    /sends an HTML page in place of a listing: check the endpoint, its port above all/,
  );
});

test('a file whose name has a "?" or "#" is read by its address', async () => {
  await using server = await S3Server.start({ isPublic: true });
  server.put('run #3/a?b#.vtu', smallVtu({ points: 9 }));
  const { run } = await makeCli();
  const place = ['s3://sims/run #3/a?b#.vtu', '--endpoint', server.url, '--anonymous'];
  const { stdout, status } = await run(['info', ...place]);
  expect([stdout, status]).toEqual([expect.stringMatching(/^run #3\/a\?b#\.vtu\n.*\npoints {2}9 /), 0]);
});
