import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { startHub } from '../servers/start-hub.ts';
import { makeFolder } from '../temporary-folder.ts';
import { makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

/** A server that refuses everything with a status; its address. */
async function startRefusing(status: number, header: string): Promise<string> {
  const refuse: RequestListener = (_, response) => {
    response.writeHead(status, { [header]: 'Basic realm="x"', 'content-length': 0 }).end();
  };
  const server = createServer(refuse);
  server.on('connect', (_request, socket) => {
    socket.end(`HTTP/1.1 ${status} No\r\n${header}: Basic realm="x"\r\n\r\n`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What belongs to a NAS, and what to the Hub. */
const NAS = /--user|VASCUSIM_PASSWORD|--password/;
const HUB = /HF_TOKEN|VASCUSIM_TOKEN/;

describe('a web server that wants a sign-in', () => {
  test.each([
    ['ls', 401, {}],
    ['ls', 401, { HF_TOKEN: 'hf_x' }],
    ['ls', 401, { VASCUSIM_TOKEN: 'hf_x' }],
    ['get', 401, {}],
    ['stream', 401, {}],
    ['doctor', 401, {}],
    ['bench', 401, {}],
  ])('is no NAS and no Hub to %s, with status %i and %j', async (command, status, env) => {
    const url = await startRefusing(status, 'www-authenticate');
    const { run } = await makeCli();
    const { stderr, stdout } = await run([command, `${url}/cases/`], { env });
    const said = stderr + stdout;
    expect(said).toMatch(/cannot sign in to a web server/);
    expect(said).not.toMatch(NAS);
    expect(said).not.toMatch(HUB);
    expect(said).not.toMatch(/option token|headers/);
  });

  test.each(['http://u:geheim@127.0.0.1/', 'HTTPS://u:geheim@127.0.0.1/x/', 'https://u@127.0.0.1/'])(
    '%s is refused without the advice for a NAS',
    async (url) => {
      const { run } = await makeCli();
      const { status, stderr } = await run(['ls', url]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/cannot sign in to a web server/);
      expect(stderr).not.toMatch(/geheim|--user|HF_TOKEN/);
    },
  );

  test('a login in the address of a bucket is told where its keys come from', async () => {
    const { run } = await makeCli();
    const { status, stderr } = await run(['ls', 's3://AKIA:geheim@bucket/x']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY/);
    expect(stderr).not.toMatch(/geheim|--user|a NAS/);
  });

  test('a login in the address of the Hub or of a NAS is told how it is given there', async () => {
    const { run } = await makeCli();
    const [hub, nas, unc] = await Promise.all([
      run(['ls', 'hf://u:geheim@datasets/user/name']),
      run(['ls', 'nas://u:geheim@host/share']),
      run(['ls', 'smb:\\\\u:geheim@host\\share']),
    ]);
    expect(hub.stderr).toMatch(/HF_TOKEN/);
    expect(hub.stderr).not.toMatch(NAS);
    for (const { stderr } of [nas, unc]) {
      expect(stderr).toMatch(/--user/);
      expect(stderr).not.toMatch(/geheim|HF_TOKEN/);
    }
  });
});

test.each([
  ['HF_TOKEN', /the variable HF_TOKEN/],
  ['VASCUSIM_TOKEN', /the token from VASCUSIM_TOKEN/],
])('a wrong token of the Hub in %s is called by that name, and no NAS is spoken of', async (name, named) => {
  const hub = await startHub();
  const repository = hub.add('user/name', { 'a.vtu': smallVtu() });
  repository.access = 'private';
  const { run } = await makeCli({ env: { HF_ENDPOINT: hub.url } });
  const { status, stderr } = await run(['ls', 'user/name'], { env: { [name]: 'hf_wrongwrong' } });
  expect(status).toBe(4);
  expect(stderr).toMatch(named);
  expect(stderr).not.toMatch(NAS);
  expect(stderr).not.toMatch(/the option "token"|token: false/);
});

describe('a proxy that wants a name and a password', () => {
  test.each([
    ['a web server by http', 'HTTP_PROXY', ['http://server.invalid/cases/']],
    ['a web server by https', 'HTTPS_PROXY', ['https://server.invalid/cases/']],
    ['any server', 'ALL_PROXY', ['https://server.invalid/cases/']],
    ['the Hub', 'HTTPS_PROXY', ['user/name']],
    ['a NAS', 'HTTPS_PROXY', ['nas://server.invalid/share', '--user', 'ada']],
    ['a NAS by http', 'HTTP_PROXY', ['nas://server.invalid/share', '--user', 'ada', '--no-secure']],
  ])('before %s is named with its variable, %s', async (_, variable, args) => {
    const proxy = await startRefusing(407, 'proxy-authenticate');
    const { run } = await makeCli({ env: { VASCUSIM_PASSWORD: 'geheim' } });
    const { status, stderr } = await run(['ls', ...args], { env: { [variable]: proxy } });
    expect(status).toBe(4);
    expect(stderr).toMatch(
      new RegExp(
        `the proxy 127\\.0\\.0\\.1:\\d+ \\(${variable}\\) wants a name and a password.*in ${variable} `,
      ),
    );
    expect(stderr).not.toMatch(/hint:|--user|HF_TOKEN|geheim/);
  });

  test('and has got one is told that it does not accept it, without saying it', async () => {
    const proxy = (await startRefusing(407, 'proxy-authenticate')).replace('//', '//ada:geheim@');
    const { run } = await makeCli();
    const { stderr } = await run(['ls', 'http://server.invalid/'], { env: { HTTP_PROXY: proxy } });
    expect(stderr).toMatch(/does not accept the name and the password of its URL: check them, in HTTP_PROXY/);
    expect(stderr).not.toMatch(/geheim|ada/);
  });
});

test('a file in place of a folder leads to a command that there is', async () => {
  const { run } = await makeCli();
  const folder = await makeFolder({ 'a.vtu': smallVtu() });
  const { status, stderr } = await run(['ls', `${folder}/a.vtu`]);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/look at it alone with vascusim info\./)]);
});

test('a server without a list leads to no option', async () => {
  const url = await startRefusing(404, 'x-none');
  const { run } = await makeCli();
  const { stderr } = await run(['ls', `${url}/cases/`]);
  expect(stderr).toMatch(/does not say which files it has/);
  expect(stderr).not.toMatch(/option/);
});
