import { spawn, spawnSync } from 'node:child_process';
import { delimiter, resolve } from 'node:path';
import { describe, onTestFinished } from 'vitest';

/** A Python that imports PyTorch, numpy and VTK: `VASCUSIM_PYTHON`, else the system's. */
function findPython(): string | undefined {
  const imports = 'import numpy, torch, vtkmodules.vtkIOXML';
  return [process.env['VASCUSIM_PYTHON'], '/usr/bin/python3'].find(
    (candidate) =>
      candidate !== undefined && spawnSync(candidate, ['-c', imports], { stdio: 'ignore' }).status === 0,
  );
}

const python = findPython();
if (python === undefined) {
  const advice =
    'PyTorch, numpy and VTK for Python not found (Debian: apt install python3-torch python3-numpy python3-vtk9; or set VASCUSIM_PYTHON)';
  if (process.env['CI'] !== undefined) throw new Error(advice);
  process.stderr.write(`${advice}: tests of the Python package are skipped\n`);
}

/** A suite that needs Python with PyTorch: skipped without it, an error in CI. */
export const describeWithPython: (name: string, body: () => void) => void = describe.skipIf(
  python === undefined,
);

/** What stands in for PyTorch Geometric, or a checkout of the real one where `VASCUSIM_PYG` names it. */
export const PYG: string = process.env['VASCUSIM_PYG'] ?? resolve('python/tests/stand_in');

/** What a run of Python gave. */
export interface PythonRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** Options of {@link runPython}. */
export interface PythonOptions {
  /** Folders before those of the package and its tests. @defaultValue that of PyTorch Geometric or its stand-in */
  readonly path?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
}

/** Runs Python with the package of the checkout, in an environment that knows nothing of this machine's settings. */
export function runPython(args: readonly string[], options: PythonOptions = {}): Promise<PythonRun> {
  const { path = [PYG], env, cwd } = options;
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:VASCUSIM_|HF_|PYTHON|RANK$|WORLD_SIZE$|https?_proxy)/i.test(name),
  );
  const child = spawn(python as string, [...args], {
    cwd,
    env: {
      ...Object.fromEntries(inherited),
      PYTHONPATH: [...path, resolve('python/src'), resolve('python/tests')].join(delimiter),
      PYTHONDONTWRITEBYTECODE: '1',
      HF_HUB_DISABLE_IMPLICIT_TOKEN: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  return new Promise((settle, reject) => {
    child.once('error', reject).once('close', (status) => settle({ ...texts, status }));
  });
}
