import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { describeWithPython, PYG, type PythonOptions, runPython } from './python-process.ts';

/** As long as PyTorch takes to be imported a dozen times on a busy machine, milliseconds. */
const TIMEOUT_MS = 600_000;

/** Runs files of `python/tests/` and gives what their last line says. */
async function runTests(modules: readonly string[], options: PythonOptions): Promise<void> {
  const run = await runPython(['-W', 'ignore', '-m', 'unittest', ...modules], options);
  expect(run.status, run.stderr.slice(-8000)).toBe(0);
  expect(run.stderr).toMatch(/^Ran [1-9]\d* tests? in/m);
}

/** Modules that one process runs: PyTorch takes longer to be imported than most of them to run. */
const TOGETHER = ['errors', 'loader', 'samples', 'sources', 'splits', 'streamers', 'transforms'];
/** Modules that look at all that their process has. */
const ALONE = ['life', 'workers'];
const namesOf = (modules: readonly string[]): readonly string[] => modules.map((name) => `test_${name}`);

test('every module of tests is run', () => {
  const there = readdirSync('python/tests').filter((name) => name.startsWith('test_'));
  expect(there.toSorted()).toEqual(namesOf([...TOGETHER, ...ALONE].toSorted()).map((name) => `${name}.py`));
});

describeWithPython('the Python package', () => {
  test.each([TOGETHER, ...ALONE.map((name) => [name])])(
    '%s …, with PyTorch Geometric',
    (...modules) => runTests(namesOf(modules), { path: [PYG] }),
    TIMEOUT_MS,
  );

  test(
    'its samples and loaders with PyTorch alone',
    () => runTests(namesOf(['samples', 'loader', 'errors']), { path: [resolve('python/tests/without_pyg')] }),
    TIMEOUT_MS,
  );

  test(
    'the same with numpy alone',
    () =>
      runTests(namesOf(['samples', 'loader', 'streamers', 'splits', 'transforms']), {
        path: [resolve('python/tests/without_torch')],
      }),
    TIMEOUT_MS,
  );
});
