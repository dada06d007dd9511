import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { describeWithPython, runPython } from './python-process.ts';

describeWithPython('the types of the Python package', () => {
  test('pass mypy --strict', async () => {
    const cache = ['--cache-dir', process.platform === 'win32' ? 'nul' : '/dev/null'];
    const args = [
      '-m',
      'mypy',
      '--strict',
      '--python-version',
      '3.9',
      ...cache,
      resolve('python/src/vascusim'),
    ];
    const { stdout, stderr, status } = await runPython(args, { cwd: resolve('python') });
    expect({ status, stderr, stdout }).toEqual({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Success/),
    });
  }, 300_000);
});
