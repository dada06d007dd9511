import { describe, expect, test, vi } from 'vitest';
import { refusalOfSecret } from '../../../src/cli/options/secret-arguments.ts';
import { makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

describe('a key of S3 as an argument', () => {
  test.each([
    '--credentials=AK:SEKRET',
    '--access-key-id=SEKRET',
    '--secret-access-key=SEKRET',
    '--session-token=SEKRET',
    '--aws-access-key-id=SEKRET',
    '--aws-secret-access-key=SEKRET',
  ])('%s is refused with the variables, and not repeated', async (argument) => {
    const { run } = await makeCli();
    const { stdout, stderr, status } = await run(['ls', 's3://bucket', argument]);
    expect([stdout, status]).toEqual(['', 2]);
    expect(stderr).toMatch(/set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN\./);
    expect(stderr).not.toMatch(/SEKRET/);
  });
});

test.each([
  ['--secret-acces-key=SEKRET', "unknown option '--secret-acces-key'"],
  ["--a'b=SE'\nSEKRET'", "unknown option '--a'b'"],
  ['-kSEKRET', "unknown option '-k'"],
  ['--offline=SEKRET', "unknown option '--offline'"],
  ['--finger=SEKRET', "unknown option '--finger'"],
])('what stands behind the unknown option %j is not repeated', async (argument, message) => {
  const { run } = await makeCli();
  const { stdout, stderr, status } = await run(['ls', '.', argument]);
  expect([stdout, status]).toEqual(['', 2]);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/SE'|SEKRET/);
});

describe('the advice on a token is that of the place', () => {
  const advice = (...args: string[]): string => refusalOfSecret(['ls', ...args])?.message ?? '';

  test('a bucket has its keys', () => {
    const said = advice('s3://bucket', '--endpoint', 'http://store:9000', '--token=x');
    expect(said).toMatch(/set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN\.$/);
    expect(said).not.toContain('HF_TOKEN');
    expect(advice('--quiet', 's3://bucket', '--token=x')).not.toContain('HF_TOKEN');
    expect(advice('bucket', '--type=s3', '--token=x')).not.toContain('HF_TOKEN');
  });

  test.each([
    ['hf://datasets/user/name'],
    ['https://huggingface.co/datasets/user/name'],
    ['user/name'],
    ['user/name', '--type', 'hf'],
  ])('the Hub has its own: %s', (...args) => {
    expect(advice(...args, '--token', 'x')).toMatch(/set HF_TOKEN or VASCUSIM_TOKEN\.$/);
  });

  test('a NAS has its password', () => {
    expect(advice('nas://host/x', '--token=x')).toMatch(/set VASCUSIM_PASSWORD, or give --password-stdin/);
  });

  test('that of a web server is for programs, and a folder has none', () => {
    expect(advice('https://host/x/', '--token', 'x')).toMatch(/It is for programs alone\.$/);
    expect(advice('x', '--type', 'local', '--token', 'x')).toMatch(/of this machine\.$/);
  });
});
