import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { S3Server } from './s3-server.ts';

const hasBotocore = existsSync('/usr/lib/python3/dist-packages/botocore');
if (!hasBotocore && process.env['CI'] !== undefined) throw new Error('Install python3-botocore (Debian).');

const OBJECTS: Readonly<Record<string, string>> = {
  'a b+c/é.vtu': 'with a space',
  'a/1.vtu': '12345',
  'a//b': 'empty part',
  checked: '123456789',
};

test.skipIf(!hasBotocore)('botocore reads it as it does S3', async () => {
  await using server = await S3Server.start({ pageSize: 2, token: 'session' });
  for (const [key, body] of Object.entries(OBJECTS)) server.put(key, body);
  server.put('checked', '123456789', { headers: { 'x-amz-checksum-crc32': 'y/Q5Jg==' } });
  const { accessKeyId, secretAccessKey } = server.credentials;
  const script = `${import.meta.dirname}/s3_client.py`;
  const { stdout } = await promisify(execFile)(
    '/usr/bin/python3',
    [script, server.url, accessKeyId, secretAccessKey, 'session'],
    { env: { HOME: '/nonexistent', PATH: process.env['PATH'] } },
  );
  const md5 = (text: string): string => `"${createHash('md5').update(text).digest('hex')}"`;
  expect(JSON.parse(stdout)).toEqual({
    pages: 2,
    sizes: Object.fromEntries(Object.entries(OBJECTS).map(([key, text]) => [key, Buffer.byteLength(text)])),
    etags: Object.fromEntries(Object.entries(OBJECTS).map(([key, text]) => [key, md5(text)])),
    bodies: OBJECTS,
    range: ['ith', 'bytes 1-3/12'],
    checksum: 'y/Q5Jg==',
    codes: {
      condition: 'PreconditionFailed',
      matching: null,
      outside: 'InvalidRange',
      missing: 'NoSuchKey',
      bucket: 'NoSuchBucket',
      secret: 'SignatureDoesNotMatch',
      key: 'InvalidAccessKeyId',
      token: 'ExpiredToken',
      unsigned: 'AccessDenied',
    },
  });
});
