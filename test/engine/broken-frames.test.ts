import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FrameError, RequestFrameReader } from '../../src/engine/frame.ts';
import { makeCli } from '../cli/run-cli.ts';
import { frameOf, openEngine, startEngine } from './engine-process.ts';

describe('bytes that are no frame end the engine with one sentence', () => {
  test.each([
    ['text', Buffer.from('hello, engine\n')],
    ['a message that is too long', frameOf('x').fill(0xff, 0, 4)],
    ['a reserved word', frameOf('{}').fill(1, 4, 5)],
    ['a payload', frameOf({ op: 'stats', id: 1 }, 5)],
    ['no JSON', frameOf('{')],
    ['no object', frameOf('[1]')],
    ['no UTF-8', Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.alloc(12), Buffer.from([0xff, 0xfe])])],
    ['no operation', frameOf({ id: 3 })],
    ['no id', frameOf({ op: 'stats' })],
  ])('%s', async (_, bytes) => {
    const { client, ended } = await openEngine();
    client.write(bytes);
    const { code, stderr } = await ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: The client has sent what is no frame: .+\.\n$/);
  });

  test('another protocol: both versions and both places are named', async () => {
    const { client, ended } = await startEngine();
    client.greet({ protocol: 99, version: '9.9.9', place: '/elsewhere/client.py' });
    const { code, stderr } = await ended;
    expect(code).toBe(2);
    for (const part of ['vascusim.mjs', '/elsewhere/client.py', '9.9.9', 'protocol 99', 'protocol 1'])
      expect(stderr).toContain(part);
  });

  test('a greeting that is too long', async () => {
    const { client, ended } = await startEngine();
    client.greet({ place: 'x'.repeat(5000) });
    expect((await ended).code).toBe(2);
  });
});

test('an unknown operation is an error of that request alone', async () => {
  const { client } = await openEngine();
  const { message } = await client.request('fly');
  expect(message['error']).toMatchObject({
    name: 'UnsupportedError',
    message: expect.stringContaining('"fly"'),
  });
  expect((await client.request('samples', { of: 1.5 })).message['error']).toMatchObject({
    name: 'ConfigError',
  });
});

test('the end of the input ends the engine', async () => {
  const { child, ended } = await openEngine();
  child.stdin?.end();
  expect(await ended).toEqual({ code: 0, stderr: '' });
});

test('SIGINT is the client’s affair, SIGTERM ends it', async () => {
  const { client, child, ended } = await openEngine();
  child.kill('SIGINT');
  expect(await client.value('environment', { values: {} })).toBeNull();
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
});

test('on a terminal it says what it is', async () => {
  const { runOnTerminal } = await makeCli();
  const { stdout, status } = await runOnTerminal(['engine'], 80);
  expect(stdout).toContain('engine of VascuSim');
  expect(status).toBe(2);
});

test.each(['stdin', 'stdout'] as const)('with a file for %s it says what it is', async (name) => {
  const file = await open('/dev/null', 'r+');
  onTestFinished(() => file.close());
  const stdio: ('pipe' | number)[] = ['pipe', 'pipe', 'pipe'];
  stdio[name === 'stdin' ? 0 : 1] = file.fd;
  const child = spawn(process.execPath, [resolve('bin/vascusim.mjs'), 'engine'], { stdio });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const stderr = child.stderr === null ? '' : await text(child.stderr);
  expect((await closed)[0]).toBe(2);
  expect(stderr).toMatch(/^This is the engine of VascuSim/);
});

describe('a reader of frames', () => {
  test('finds them in whatever pieces they come', () => {
    const bytes = Buffer.concat([frameOf({ a: 1 }), frameOf({ b: 'é' }), frameOf({})]);
    for (const step of [1, 3, 17, bytes.length]) {
      const reader = new RequestFrameReader();
      const found: unknown[] = [];
      for (let at = 0; at < bytes.length; at += step) {
        reader.add(bytes.subarray(at, at + step));
        for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(next);
      }
      expect(found).toEqual([{ a: 1 }, { b: 'é' }, {}]);
      expect(reader.isInside).toBe(false);
    }
  });

  test('refuses a length before the rest of the frame is there', () => {
    const reader = new RequestFrameReader();
    reader.add(Buffer.from('Erro'));
    expect(() => reader.next()).toThrow(FrameError);
  });
});
