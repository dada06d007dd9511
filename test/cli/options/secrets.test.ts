import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { LoopbackDsm } from '../../servers/dsm.ts';
import { makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const SECRET = 'pass word+%&#é';

async function stage() {
  const dsm = await LoopbackDsm.start();
  onTestFinished(() => dsm.close());
  dsm.files.write('/sim/a.vtu', smallVtu());
  const cli = await makeCli();
  const args = ['ls', `nas://127.0.0.1:${dsm.port}/sim`, '--no-secure', '--user', 'alice', '-q'];
  return { dsm, args, ...cli };
}

/** The command lines of all processes, read again and again while `child` runs. */
function watchCommandLines(seen: Set<string>): (child: ChildProcess) => void {
  return (child) => {
    const timer = setInterval(() => {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
          seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
        } catch {
          // It has ended.
        }
      }
    }, 15);
    child.once('close', () => clearInterval(timer));
  };
}

test.each([
  ['the environment', [], { env: { VASCUSIM_PASSWORD: SECRET } }],
  ['standard input', ['--password-stdin'], { input: `${SECRET}\n` }],
  ['a command', ['--password-command', 'printf "%s\\nmore\\n" "$STORE"'], { env: { STORE: SECRET } }],
  [
    'a command of the environment',
    [],
    { env: { VASCUSIM_PASSWORD_COMMAND: 'echo "$STORE"', STORE: SECRET } },
  ],
])('the password comes from %s and is seen nowhere', async (_, more, options) => {
  const { dsm, args, run } = await stage();
  const seen = new Set<string>();
  const result = await run([...args, ...more, '--verbose'], { ...options, onStart: watchCommandLines(seen) });
  expect([result.stderr, result.status]).toEqual([expect.any(String), 0]);
  expect(seen.size).toBeGreaterThan(3);
  expect([...seen].filter((line) => line.includes(SECRET))).toEqual([]);
  expect(result.stdout + result.stderr).not.toContain(SECRET);
  expect(dsm.leaks()).toEqual([]);
});

test('on a terminal it is asked for, and what is typed is not shown', async () => {
  const { args, runOnTerminal } = await stage();
  const { stdout, status } = await runOnTerminal(args, 80, {
    onStart: (child) => {
      child.stdout?.on('data', (text: string) => {
        // Only now does the terminal not echo any more.
        if (text.includes('Password: ')) setTimeout(() => child.stdin?.end(`${SECRET}\n`), 200);
      });
    },
    holdInput: true,
  });
  expect([stdout, status]).toEqual([expect.stringMatching(/^Password: \r?\nsim\/a\r?\n$/), 0]);
});

test('without any way to it the error says what the ways are', async () => {
  const { args, run } = await stage();
  const { stderr, status } = await run(args);
  expect(status).toBe(2);
  expect(stderr).toBe(
    'error: The NAS needs a password: set VASCUSIM_PASSWORD, or give --password-stdin or --password-command.\n',
  );
});

test.each([
  [
    'a command that fails',
    ['--password-command', 'echo geheim; exit 3'],
    undefined,
    /failed with exit code 3/,
  ],
  ['a command that prints nothing', ['--password-command', 'true'], undefined, /is no password/],
  ['an empty standard input', ['--password-stdin'], '', /holds no password/],
])('%s is an error without what it printed', async (_, more, input, message) => {
  const { args, run } = await stage();
  const { stderr, status } = await run([...args, ...more], { input });
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('geheim');
});

test.each([
  [['ls', 'nas://alice:geheim@host/share']],
  [['get', 'https://alice:geheim@host/share']],
  [['info', 'smb://alice:geheim@host/share/a.vtu']],
  [['doctor', 'hf://alice:geheim@datasets/user/name']],
  [['ls', 'host', '--password', 'geheim']],
  [['ls', 'host', '--password=geheim']],
  [['ls', 'user/name', '--token=geheim']],
])('%j is refused without repeating the secret', async (args) => {
  const { run } = await makeCli();
  const { stdout, stderr, status } = await run(args);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/VASCUSIM_PASSWORD|HF_TOKEN/);
  expect(stderr).not.toContain('geheim');
});

test('a wrong password is not in the error, also with --verbose', async () => {
  const { args, run } = await stage();
  const { stderr, status } = await run([...args, '--verbose'], { env: { VASCUSIM_PASSWORD: 'geheimes' } });
  expect(status).toBe(4);
  expect(stderr).not.toContain('geheimes');
});
