import { expect, test } from 'vitest';
import { S3Server } from '../../servers/s3-server.ts';
import { sourceOf } from './read-source.ts';

/** Page of a listing without objects, behind which there is more. */
const EMPTY_PAGE =
  '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>bmV4dA==</NextContinuationToken></ListBucketResult>';

test('a check of a folder looks at what lies in it, not at all that begins as its name', async () => {
  await using server = await S3Server.start({ pageSize: 2 });
  // In the order of bytes the first page holds what only begins so.
  for (const key of ['run-1/a', 'run-1/b', 'run-2/a', 'run/own', 'run2/a']) server.put(key, key);
  await using source = sourceOf(server);
  const steps = await source.check({ path: 'run' });
  expect(steps.slice(-2)).toEqual([
    { name: 'list', ok: true, found: '1 objects in "run"; the keys are right' },
    { name: 'read a sample', ok: true, found: 'read 7 of the 7 bytes of "run/own"' },
  ]);
});

test('a check of a folder that is not there fails, also where names begin as its own', async () => {
  await using server = await S3Server.start();
  server.put('run2/a', 'a');
  await using source = sourceOf(server);
  const steps = await source.check({ path: 'run' });
  expect(steps.at(-1)).toMatchObject({
    name: 'list',
    ok: false,
    found: 'there is no folder or file "run" in the bucket; the keys are right',
  });
});

test('a check of a file reads that file', async () => {
  await using server = await S3Server.start();
  server.put('run/a', 'abc');
  await using source = sourceOf(server);
  const steps = await source.check({ path: 'run/a' });
  expect(steps.at(-1)?.found).toBe('read 3 of the 3 bytes of "run/a"');
});

test('a check reads what is a file, also where a key that is no path comes first', async () => {
  await using server = await S3Server.start();
  for (const key of ['/lead', 'a//b', 'b']) server.put(key, 'abc');
  await using source = sourceOf(server);
  const steps = await source.check();
  expect(steps.at(-1)).toMatchObject({ ok: true, found: 'read 3 of the 3 bytes of "b"' });
});

/** Bucket that sends a page without objects before each listing. */
async function hesitantBucket(): Promise<S3Server> {
  const server = await S3Server.start();
  server.put('run/a', 'abc');
  server.traits.force = ({ target }) =>
    target.includes('list-type') && !target.includes('continuation-token')
      ? { status: 200, body: EMPTY_PAGE }
      : undefined;
  return server;
}

test.each(['', 'run', 'run/a'])('a check of %j looks behind an empty page', async (path) => {
  await using server = await hesitantBucket();
  await using source = sourceOf(server);
  const steps = await source.check({ path });
  expect(steps.at(-1)?.found).toBe('read 3 of the 3 bytes of "run/a"');
});

test('a file and a folder are found behind an empty page', async () => {
  await using server = await hesitantBucket();
  await using source = sourceOf(server);
  expect(await source.stat('run/a')).toMatchObject({ size: 3 });
  await source.assertFolder('run');
});

test('a step that fails says of a store with a name what it answers, and what to do', async () => {
  await using server = await S3Server.start();
  const { port } = server;
  await using source = sourceOf(server, {
    endpoint: `http://localhost:${port}`,
    credentials: { accessKeyId: 'UNKNOWN', secretAccessKey: 'x' },
  });
  expect((await source.check()).at(-1)).toMatchObject({
    name: 'list',
    found: `localhost:${port} does not know the key id from the option "credentials" (InvalidAccessKeyId)`,
    remedy: 'check it, and that the keys are of this store and not of another one.',
  });
});

test('a sample that cannot be read is named by what is wrong with it, spaces in its key or not', async () => {
  await using server = await S3Server.start();
  server.put('my run.vtu', 'abc');
  server.traits.force = ({ target }) =>
    target.includes('list-type') ? undefined : { status: 418, code: 'Teapot' };
  await using source = sourceOf(server, { endpoint: server.url.replace('127.0.0.1', 'localhost') });
  expect((await source.check()).at(-1)).toMatchObject({
    name: 'read a sample',
    found: expect.stringMatching(/^localhost:\d+ answers with status 418/),
  });
});
