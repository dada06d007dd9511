import { execFileSync, spawnSync } from 'node:child_process';
import { describe, onTestFinished } from 'vitest';
import { makeFolder } from '../temporary-folder.ts';

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  return (
    spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' }).status ===
    0
  );
}

const possible = canMount();
if (!possible) {
  const advice = 'Only root on Linux may mount file systems: tests of full and read-only disks';
  if (process.env['CI'] !== undefined) throw new Error(`${advice} cannot run`);
  process.stderr.write(`${advice} are skipped\n`);
}

/** A suite that mounts file systems: skipped where that is not allowed, an error in CI. */
export const describeWithMounts: (name: string, body: () => void) => void = describe.skipIf(!possible);

/**
 * A disk of so many KiB in memory, unmounted when the test has ended.
 *
 * @param files - files and folders that it may hold. @defaultValue as many as there is room for
 */
export async function mountDisk(kibibytes: number, files?: number): Promise<string> {
  const folder = await makeFolder();
  const inodes = files === undefined ? '' : `,nr_inodes=${files}`;
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k${inodes}`, 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
  });
  return folder;
}

export function remount(folder: string, mode: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${mode}`, folder]);
}

/** Has a folder refuse changes, though it lies on a disk that takes them. */
export function forbidWriting(folder: string): void {
  execFileSync('mount', ['--bind', folder, folder]);
  execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
  });
}
