import { expect, test } from 'vitest';
import { S3Server } from '../../servers/s3-server.ts';
import { sourceOf } from './read-source.ts';

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
