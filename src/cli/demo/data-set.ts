import { randomUUID } from 'node:crypto';
import { lstat, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ConfigError, explainSystemError, isVascuError, type WriteOptions, writeMesh } from '../../index.ts';
import { checkFolder, makeFolder } from '../write-file.ts';
import { makeVessel } from './vessel.ts';

/**
 * Version of the data set, which changes whenever what is written does, so that an older data set is not taken for this
 * one.
 */
const DATA_VERSION = 1;

const encodings: readonly WriteOptions[] = [
  { encoding: 'raw', compressor: 'zlib' },
  { encoding: 'raw' },
  { encoding: 'inline', compressor: 'zlib' },
  { encoding: 'base64' },
];

/** The samples: age, stenosis (share of the radius), bricks across. */
const cases = [
  [28, 0, 8],
  [34, 0, 12],
  [41, 0.1, 8],
  [47, 0, 16],
  [52, 0.05, 10],
  [55, 0.45, 12],
  [58, 0, 10],
  [61, 0.3, 8],
  [66, 0.08, 14],
  [70, 0.6, 16],
  [74, 0, 12],
  [81, 0.5, 10],
] as const;

/**
 * Makes the synthetic data set in its folder if it is not there: twelve vessels of patients of several ages, with and
 * without a stenosis, each a `.vtu` with a `.json` beside it. Always the same bytes.
 *
 * @param to - the folder; where none is given one in the system's folder for temporary files
 * @returns the folder, and whether it was made now
 * @throws ConfigError when there is something else in the folder
 */
export async function makeDemoDataset(
  signal?: AbortSignal,
  to?: string,
): Promise<{ folder: string; made: boolean }> {
  const folder = to ?? join(tmpdir(), `vascusim-demo-${userName()}`, `vessels-${DATA_VERSION}`);
  const there = await stat(folder).catch(() => undefined);
  if (there?.isDirectory() === false)
    throw new ConfigError('to', `${folder} is a file: name a folder that is empty or not there.`);
  if (there === undefined && (await isLink(folder)))
    throw new ConfigError(
      'to',
      `${folder} is a link to nowhere: make what it leads to, or name another folder.`,
    );
  const present: readonly string[] = await readdir(folder).catch((error: unknown) => {
    const explained = explainSystemError(error, { verb: 'read', file: folder, option: 'to' });
    if (isVascuError(explained, 'NOT_FOUND')) return [];
    throw explained ?? error;
  });
  const isMissing = (name: string): boolean => !present.includes(name);
  const names = cases.flatMap((_, index) => [`${nameOf(index)}.vtu`, `${nameOf(index)}.json`]);
  if (!names.some(isMissing)) return { folder, made: false };
  // What a run that was killed has left is gone on with.
  if (to !== undefined && present.some((name) => !names.includes(name) && !name.startsWith(DRAFT)))
    throw new ConfigError(
      'to',
      `The folder ${to} holds something else: name one that is empty or not there.`,
    );
  const draft =
    there === undefined ? `${resolve(folder)}-${randomUUID()}` : join(folder, `${DRAFT}${randomUUID()}`);
  await checkFolder(dirname(draft), folder);
  await makeFolder(draft, folder);
  try {
    for (const [index, each] of cases.entries()) {
      signal?.throwIfAborted();
      await writeSample(draft, index, each, signal);
    }
    if (there === undefined) await rename(draft, folder);
    // The folder is the user's, perhaps a link or where the shell stands: it stays.
    else for (const name of names.filter(isMissing)) await rename(join(draft, name), join(folder, name));
  } catch (error) {
    // The draft has a name of its own, which nobody knows.
    if (isVascuError(error, 'CONFIG')) throw new ConfigError('to', error.message.replaceAll(draft, folder));
    throw explainSystemError(error, { verb: 'write', file: folder, option: 'to' }) ?? error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { folder, made: true };
}

/** Beginning of the name of what is not complete. */
const DRAFT = '.vascusim-';

async function isLink(path: string): Promise<boolean> {
  const stats = await lstat(resolve(path)).catch(() => undefined);
  return stats?.isSymbolicLink() === true;
}

async function writeSample(
  folder: string,
  index: number,
  [age, stenosis, resolution]: (typeof cases)[number],
  signal: AbortSignal | undefined,
): Promise<void> {
  const name = nameOf(index);
  const radius = 0.9 + 0.004 * age;
  const mesh = makeVessel({ radius, stenosis, meanVelocity: 32 - 0.15 * age, time: 0.25, resolution });
  await writeMesh(join(folder, `${name}.vtu`), mesh, { ...encodings[index % encodings.length], signal });
  const metadata = {
    patient_id: `P${String(index + 1).padStart(3, '0')}`,
    patient_age: age,
    is_healthy: stenosis < 0.2,
    stenosis_degree: stenosis,
    anatomy: 'synthetic bifurcation',
    resolution,
    units: { length: 'cm', pressure: 'mmHg', velocity: 'cm/s', wall_shear_stress: 'dyn/cm^2' },
  };
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(metadata, undefined, 2)}\n`);
}

/** Finds the name of this user, which not every user of a container has. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'user');
  }
}

function nameOf(index: number): string {
  return `patient_${String(index + 1).padStart(2, '0')}`;
}
