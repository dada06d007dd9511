import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { makeCertificate } from '../../servers/certificates.ts';
import { type DsmOptions, LoopbackDsm } from '../../servers/dsm.ts';
import { startHub } from '../../servers/start-hub.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { linesOf, makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

/** The lines of the steps, without those of this machine. */
function stepsOf(stdout: string): string[] {
  return linesOf(stdout).slice(3, -1);
}

describe('vascusim doctor of this machine', () => {
  test('looks at Node.js, cache and disk', async () => {
    const { run, cacheDir } = await makeCli();
    const [text, json] = [await run(['doctor']), await run(['doctor', '--json'])];
    expect([text.status, json.status]).toEqual([0, 0]);
    expect(linesOf(text.stdout)).toEqual([
      expect.stringMatching(/^ok {4}Node\.js: \d+\.\d+\.\d+ on /),
      `ok    cache: ${cacheDir} holds 0 files (0 B)`,
      expect.stringMatching(/^ok {4}disk: .* free on the disk of the cache$/),
      '3 ok',
    ]);
    const { ok, steps } = JSON.parse(json.stdout) as { ok: boolean; steps: { name: string }[] };
    expect([ok, ...steps.map(({ name }) => name)]).toEqual([true, 'Node.js', 'cache', 'disk']);
  });

  test('says so when the folder of the cache is of something else', async () => {
    const { run } = await makeCli();
    const folder = await makeFolder({ 'notes.txt': 'mine' });
    const { stdout, status } = await run(['doctor', folder, '--cache-dir', folder]);
    expect(status).toBe(2);
    expect(stdout).toMatch(
      /^FAIL {2}cache: .* is not a cache of VascuSim: .* Choose another --cache-dir\.$/m,
    );
  });

  test('a folder that is not there is exit code 3', async () => {
    const { run } = await makeCli();
    expect((await run(['doctor', '/nowhere'])).status).toBe(3);
  });
});

describe('vascusim doctor of the Hub', () => {
  async function stage() {
    const hub = await startHub();
    hub.add('user/name', { 'a.vtu': smallVtu() });
    return { hub, ...(await makeCli({ env: { VASCUSIM_ENDPOINT: hub.url } })) };
  }

  test('goes from the settings to a file', async () => {
    const { run } = await stage();
    const { stdout, status } = await run(['doctor', 'user/name']);
    expect(status).toBe(0);
    expect(stepsOf(stdout).map((line) => line.replace(/:.*/, ''))).toEqual([
      'ok    source',
      'ok    settings',
      'ok    token',
      'ok    dataset',
      'ok    list',
      'ok    read a sample',
    ]);
  });

  test.each([
    ['a name that does not exist', 'user/nothing', undefined, [3, 4], /FAIL {2}dataset: /],
    [
      'a Hub that fails',
      'user/name',
      { at: 'api', times: 99, effect: { kind: 'status', status: 503 } },
      [5],
      /FAIL/,
    ],
    ['a login page', 'user/name', { at: 'api', times: 99, effect: { kind: 'html' } }, [1, 5, 6], /FAIL/],
    [
      'a CDN that is away',
      'user/name',
      { at: 'cdn', times: 99, effect: { kind: 'reset' } },
      [5],
      /FAIL {2}read a/,
    ],
  ] as const)('%s fails', async (_, source, fault, codes, message) => {
    const { hub, run } = await stage();
    if (fault !== undefined) hub.faults.add(fault);
    const { stdout, status } = await run(['doctor', source, '--timeout', '3']);
    expect(stdout).toMatch(message);
    expect(codes).toContain(status);
  });
});

describe('vascusim doctor of a Synology NAS', () => {
  const SECRET = 'pass word+%&#é';

  async function stage(options: DsmOptions = {}) {
    const dsm = await LoopbackDsm.start(options);
    onTestFinished(() => dsm.close());
    dsm.files.write('/sim/aorta/a.vtu', smallVtu());
    const cli = await makeCli({ env: { VASCUSIM_PASSWORD: SECRET, VASCUSIM_USER: 'alice' } });
    return { dsm, source: `nas://127.0.0.1:${dsm.port}/sim/aorta`, ...cli };
  }

  test('goes from the name to a file, and leaks nothing', async () => {
    const { dsm, run, source } = await stage();
    const { stdout, stderr, status } = await run(['doctor', source, '--no-secure', '--verbose']);
    expect([stdout, status]).toEqual([expect.stringMatching(/ok {4}sample: read \d+ of/), 0]);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(dsm.leaks()).toEqual([]);
    const listed = await run(['ls', source, '--no-secure', '-q']);
    expect(listed.stdout).toBe('sim/aorta/a\n');
  });

  test('a certificate that nobody signed is exit code 4, with the fingerprint to give', async () => {
    const certificate = makeCertificate();
    const { run, source } = await stage({ tls: certificate });
    const { stdout, status } = await run(['doctor', source, '--secure']);
    expect(status).toBe(4);
    expect(stdout).toContain(`--fingerprint ${certificate.fingerprint256}`);
    const trusted = await run(['doctor', source, '--secure', '--fingerprint', certificate.fingerprint256]);
    expect([trusted.stdout, trusted.status]).toEqual([expect.stringMatching(/ok {4}sample/), 0]);
    const ca = join(await makeFolder({ 'ca.pem': certificate.cert }), 'ca.pem');
    expect((await run(['ls', source, '--secure', '--ca', ca, '-q'])).status).toBe(0);
    const trusting = await run(['doctor', source, '--secure', '--insecure']);
    expect([trusting.stderr, trusting.status]).toEqual([expect.stringMatching(/^warning: --insecure/), 0]);
  });

  test.each([
    ['a wrong password', { VASCUSIM_PASSWORD: 'not it' }, /FAIL {2}login: .*\n {6}-> /, 4],
    ['a user that there is not', { VASCUSIM_USER: 'bob' }, /FAIL {2}login: /, 4],
  ])('%s is exit code 4', async (_, env, message, code) => {
    const { dsm, run, source } = await stage();
    const { stdout, status } = await run(['doctor', source, '--no-secure'], { env });
    expect(stdout).toMatch(message);
    expect(status).toBe(code);
    expect(dsm.auth.attempts).toBe(1);
  });

  test('no permission, no such folder, no answer', async () => {
    const { dsm, run, source } = await stage();
    dsm.files.share('closed', { refusal: 407 });
    const host = `nas://127.0.0.1:${dsm.port}`;
    const [closed, missing, folder, port] = await Promise.all([
      run(['doctor', `${host}/closed`, '--no-secure']),
      run(['doctor', `${host}/nothing`, '--no-secure']),
      run(['doctor', `${source}/nothing`, '--no-secure']),
      run(['doctor', 'nas://127.0.0.1:9/sim', '--no-secure']),
    ]);
    expect([closed.status, missing.status, folder.status, port.status]).toEqual([4, 4, 3, 5]);
    expect(missing.stdout).toMatch(/FAIL {2}share: the share "nothing" is not seen/);
    expect(port.stdout).toMatch(/FAIL {2}port: port 9 .*\n {6}-> Check the port/);
  });

  test('asks for a one-time code', async () => {
    const { run, source } = await stage({ accounts: { alice: { password: SECRET, otp: '123456' } } });
    const [without, given] = [
      await run(['doctor', source, '--no-secure']),
      await run(['ls', source, '--no-secure', '-q'], { env: { VASCUSIM_OTP: '123456' } }),
    ];
    expect(without.stdout).toMatch(/FAIL {2}login: The NAS asks for a one-time code/);
    expect([given.stdout, given.status]).toEqual(['sim/aorta/a\n', 0]);
  });
});
