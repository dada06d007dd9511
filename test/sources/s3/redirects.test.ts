import { expect, test } from 'vitest';
import { bucketUrl, hostWithin } from '../../../src/sources/s3/address.ts';
import { readSettings } from '../../../src/sources/s3/options.ts';
import { S3Source } from '../../../src/sources/s3/s3-source.ts';
import { type ForcedAnswer, S3Server } from '../../servers/s3-server.ts';
import { proxyToLoopback } from '../../servers/to-loopback.ts';
import { failureOf } from '../../temporary-folder.ts';
import { list, read, sourceOf } from './read-source.ts';

/** Answers by which a bucket of eu-central-1 says so. */
const SAYS_REGION: readonly (readonly [string, ForcedAnswer])[] = [
  ['301 with a header', { status: 301, headers: { 'x-amz-bucket-region': 'eu-central-1' } }],
  [
    '301 with a header and another host in its body',
    {
      status: 301,
      code: 'PermanentRedirect',
      fields: { Endpoint: 'sims.s3.evil.example' },
      headers: { 'x-amz-bucket-region': 'eu-central-1' },
    },
  ],
  [
    '307 to another host',
    {
      status: 307,
      code: 'TemporaryRedirect',
      headers: { location: 'http://evil.example/sims/', 'x-amz-bucket-region': 'eu-central-1' },
    },
  ],
  [
    '400 with a region',
    { status: 400, code: 'AuthorizationHeaderMalformed', fields: { Region: 'eu-central-1' } },
  ],
];

test.each(SAYS_REGION)('%s: the region is learnt and requests are signed anew, once', async (_, answer) => {
  await using server = await S3Server.start({ region: 'eu-central-1' });
  server.put('x.vtu', 'bytes');
  server.traits.force = ({ count }) => (count === 1 ? answer : undefined);
  await using source = sourceOf(server);
  expect(await read(source, 'x.vtu')).toBe('bytes');
  expect(await read(source, 'x.vtu')).toBe('bytes');
  expect(server.requests.map(({ status }) => status)).toEqual([answer.status, 200, 200]);
  expect(
    server.requests.map(({ headers }) => /\/([^/]+)\/s3\//.exec(headers.authorization ?? '')?.[1]),
  ).toEqual(['us-east-1', 'eu-central-1', 'eu-central-1']);
});

test.each([
  ['301 to another host', { status: 301, headers: { location: 'http://evil.example/sims/x.vtu' } }],
  ['307 to another port', { status: 307, headers: { location: 'http://127.0.0.1:1/sims/x.vtu' } }],
  ['307 to a host that ends alike', { status: 307, headers: { location: 'http://evil-s3.test/sims/x.vtu' } }],
  ['a region that never fits', { status: 301, headers: { 'x-amz-bucket-region': 'eu-central-1' } }],
])('%s: nothing is signed for it, and the message says what to do', async (_, answer) => {
  await using server = await S3Server.start();
  server.traits.force = () => answer;
  await using proxy = await proxyToLoopback(server.port);
  await using source = sourceOf(server, { endpoint: 'http://s3.test', proxy: proxy.url });
  await expect(read(source, 'x.vtu')).rejects.toThrow(/give it as the endpoint, and its region/);
  expect(new Set(proxy.hosts)).toEqual(new Set(['s3.test']));
});

test('307 to a host of the same domain is followed, signed for that host', async () => {
  await using server = await S3Server.start();
  server.put('a/x.vtu', 'bytes');
  server.traits.force = ({ count }) =>
    count === 1
      ? { status: 307, code: 'TemporaryRedirect', headers: { location: 'http://sims.west.s3.test/a/x.vtu' } }
      : undefined;
  await using proxy = await proxyToLoopback(server.port);
  await using source = sourceOf(server, { endpoint: 'http://s3.test', proxy: proxy.url });
  expect(await read(source, 'a/x.vtu')).toBe('bytes');
  expect(proxy.hosts).toEqual(['s3.test', 'sims.west.s3.test']);
});

test.each([
  [{ bucket: 'sims' }, 'eu-west-3', 'https://sims.s3.eu-west-3.amazonaws.com/a%20b/x'],
  [{ bucket: 'my.sims' }, 'eu-west-3', 'https://s3.eu-west-3.amazonaws.com/my.sims/a%20b/x'],
  [{ bucket: 'Old_Sims' }, 'us-east-1', 'https://s3.us-east-1.amazonaws.com/Old_Sims/a%20b/x'],
  [{ bucket: 'sims' }, 'cn-north-1', 'https://sims.s3.cn-north-1.amazonaws.com.cn/a%20b/x'],
  [{ bucket: 'sims', endpoint: 'http://[::1]:9000/base' }, 'x', 'http://[::1]:9000/base/sims/a%20b/x'],
  [{ bucket: 'sims', endpoint: 'https://s3.lab', pathStyle: false }, 'x', 'https://sims.s3.lab/a%20b/x'],
])('%j in %s is read at %s', (options, region, url) => {
  const { address } = readSettings({ environment: { HOME: '/nonexistent' }, ...options });
  expect(bucketUrl(address, region, { key: 'a b/x' }).href).toBe(url);
});

test.each([
  ['sims.s3.eu-west-3.amazonaws.com', true],
  ['https://s3-eu-west-3.amazonaws.com/sims', true],
  ['https://s3.dualstack.eu-west-3.amazonaws.com/sims', true],
  ['http://sims.s3.eu-west-3.amazonaws.com', false],
  ['https://ec2-1-2-3-4.compute.amazonaws.com', false],
  ['https://s3-12345.us-east-1.elb.amazonaws.com', false],
  ['https://amazonaws.com.evil.example', false],
  ['https://evil.example/s3.amazonaws.com', false],
  ['https://sims.s3.amazonaws.com:444', false],
])('AWS may send a request on to %s: %s', (location, may) => {
  const { address } = readSettings({ bucket: 'sims', environment: { HOME: '/nonexistent' } });
  expect(hostWithin(address, 'us-east-1', location) !== undefined).toBe(may);
});

test('an endpoint may have a path in front', async () => {
  await using server = await S3Server.start();
  const targets: string[] = [];
  server.traits.force = ({ target }) => {
    targets.push(target);
    return { status: 404, code: 'NoSuchKey' };
  };
  await using source = sourceOf(server, { endpoint: `${server.url}/base/s3/` });
  await expect(read(source, 'a b/x.vtu')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(targets).toEqual(['/base/s3/sims/a%20b/x.vtu']);
});

test.each([
  ['simulations', 'us-east-1', undefined, 's3://simulations'],
  ['simulations', 'us-east-1', 'https://s3.example.org/', 'https://s3.example.org/simulations'],
  ['simulations', 'eu-west-1', 'https://s3.us-east-1.amazonaws.com', 's3://simulations'],
])('%s in %s at %s is called %s', async (bucket, region, endpoint, id) => {
  await using source = new S3Source({ bucket, region, endpoint, environment: { HOME: '/nonexistent' } });
  expect(source.id).toBe(id);
});

test('an anonymous source sends no signature, and learns the region too', async () => {
  await using server = await S3Server.start({ isPublic: true });
  server.put('x.vtu', 'bytes');
  server.traits.force = ({ count }) =>
    count === 1 ? { status: 301, headers: { 'x-amz-bucket-region': 'eu-central-1' } } : undefined;
  await using source = sourceOf(server, { anonymous: true });
  expect((await list(source)).map(({ path }) => path)).toEqual(['x.vtu']);
  expect(await read(source, 'x.vtu')).toBe('bytes');
  for (const { headers } of server.requests) {
    expect(
      Object.keys(headers).filter((name) => /^(authorization|x-amz-(date|security|content))/.test(name)),
    ).toEqual([]);
  }
});

test('an endpoint that holds the bucket already is said to', async () => {
  await using server = await S3Server.start({ force: () => ({ status: 404, code: 'NoSuchKey' }) });
  await using source = sourceOf(server, { endpoint: `${server.url}/sims` });
  const error = await failureOf(list(source));
  expect(error).toMatchObject({ code: 'NOT_FOUND' });
  expect(String(error)).toMatch(
    /takes the bucket for an object .*leave the name of the bucket out of the endpoint/,
  );
});

test('a store that sends on from http to https is told by the whole origin', async () => {
  await using server = await S3Server.start();
  const location = `https://127.0.0.1:${server.port}/sims/?prefix=secret`;
  server.traits.force = () => ({ status: 301, body: '<html></html>', headers: { location } });
  await using source = sourceOf(server);
  const error = await failureOf(list(source));
  expect(String(error)).toContain(`sends requests on to https://127.0.0.1:${server.port}, where`);
});
