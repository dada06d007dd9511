import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { makeCertificate } from '../../servers/certificates.ts';
import { sparse, sparseByte } from '../../servers/dsm/file-tree.ts';
import { describeWithNginx, type Nginx, startNginx } from '../../servers/nginx.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { collect, PASSWORD, readAll, readText, startNas } from './loopback.ts';

const SIZE = 3_000_000;

describeWithNginx('behind a real nginx', () => {
  const start = async (
    directives: string,
    options: Parameters<typeof startNas>[1] = {},
  ): Promise<Awaited<ReturnType<typeof startNas>> & { readonly nginx: Nginx }> => {
    const certificate = makeCertificate();
    const { dsm } = await startNas();
    const nginx = await startNginx({
      folder: await makeFolder(),
      certificate,
      directives: `location /nas/ { proxy_pass ${dsm.url}/; ${directives} }`,
    });
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    const tls = { ca: certificate.cert };
    const { source, warnings } = await startNas({}, { url: `${nginx.httpsUrl}/nas`, tls, ...options });
    dsm.files.write('/s/a b+%#é.vtu', sparse(SIZE));
    return { dsm, source, warnings, nginx };
  };

  test('everything works over https at a sub-path, and its log shows no secret', async () => {
    const { dsm, source, nginx } = await start('', { verify: 'md5' });
    const [entry] = await collect(source);
    expect(entry?.path).toBe('s/a b+%#é.vtu');
    const bytes = await readAll(source, 's/a b+%#é.vtu');
    expect(bytes.byteLength).toBe(SIZE);
    const { body } = await source.open('s/a b+%#é.vtu', { range: { start: 2_999_990, end: SIZE } });
    expect((await new Response(body).bytes())[0]).toBe(sparseByte(2_999_990));
    expect(source.ranges).toBe('honoured');
    await source.close();
    expect(dsm.liveSessions).toBe(0);
    const log = decodeURIComponent((await nginx.requests()).join('\n'));
    expect(log).toContain('SYNO.FileStation.Download');
    for (const secret of [...dsm.auth.secrets, PASSWORD]) expect(log).not.toContain(secret);
  });

  test('that strips Range the right bytes are read all the same', async () => {
    const { source } = await start('proxy_set_header Range "";');
    const { body } = await source.open('s/a b+%#é.vtu', { range: { start: 1_000_000, end: 1_000_009 } });
    expect([...(await new Response(body).bytes())]).toEqual(
      Array.from({ length: 9 }, (_, index) => sparseByte(1_000_000 + index)),
    );
    expect(source.ranges).toBe('ignored');
  });

  test('that asks for a password of its own the error says so', async () => {
    const folder = await makeFolder({ users: 'x:y' });
    const { source } = await start(`auth_basic "portal"; auth_basic_user_file ${folder}/users;`);
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('no-permission');
    expect(String(error)).toContain('sign-in of its own');
  });
});

test('through an HTTP proxy the check begins with the API', async () => {
  const { dsm } = await startNas();
  dsm.files.write('/s/a.vtu', 'mesh');
  const proxy = createServer((incoming, outgoing) => {
    const { method, headers, url = '' } = incoming;
    const { pathname, search } = new URL(url);
    const onward = forward({ host: '127.0.0.1', port: dsm.port, path: pathname + search, method, headers });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const { port } = proxy.address() as AddressInfo;
  const { source } = await startNas({}, { url: 'http://nas.invalid', proxy: `http://127.0.0.1:${port}` });
  const steps = await source.check();
  expect(steps.map(({ name }) => name)).toEqual([
    'api',
    'login',
    'file-station',
    'share',
    'directory',
    'sample',
  ]);
  expect(steps.every(({ ok }) => ok)).toBe(true);
  expect(await readText(source, 's/a.vtu')).toBe('mesh');
});
