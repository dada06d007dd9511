import { execFileSync, spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/** A Python that imports VTK and NumPy: `VASCUSIM_PYTHON`, else the system's (Debian: `python3-vtk9`, `python3-numpy`). */
function findPython(): string | undefined {
  return [process.env['VASCUSIM_PYTHON'], '/usr/bin/python3', 'python3'].find(
    (candidate) =>
      candidate !== undefined &&
      spawnSync(candidate, ['-c', 'import numpy, vtkmodules.vtkIOXML'], { stdio: 'ignore' }).status === 0,
  );
}

const python = findPython();
if (python === undefined) {
  const advice =
    'VTK and NumPy for Python not found (Debian: apt install python3-vtk9 python3-numpy; or set VASCUSIM_PYTHON)';
  if (process.env['CI'] !== undefined) throw new Error(advice);
  process.stderr.write(`${advice}: tests against real VTK are skipped\n`);
}

/** A suite that needs real VTK: skipped without it, an error in CI. */
export const describeWithVtk: (name: string, body: () => void) => void = describe.skipIf(
  python === undefined,
);

/** Runs a script of `test/vtk/` under the Python that has VTK and parses the JSON it prints. */
export function runVtk(script: string, ...args: readonly string[]): unknown {
  const output = execFileSync(python ?? 'python3', [`test/vtk/${script}`, ...args], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 ** 2,
  });
  return JSON.parse(output);
}
