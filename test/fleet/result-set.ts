import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { smallVtu } from '../dataset/small-mesh.ts';
import { type Files, makeFolder } from '../temporary-folder.ts';

/** Files of some small cases in folders, of different sizes, each with a sidecar. */
export function caseFiles(count: number): Files {
  const files: Record<string, string> = {};
  for (let index = 0; index < count; index++) {
    const name = `case_${String(index % 7)}/m=0.${String(index).padStart(3, '0')}`;
    files[`${name}.vtu`] = smallVtu({ points: 5 + ((index * 7) % 30), pointData: { pressure: index } });
    files[`${name}.json`] = JSON.stringify({ flow: index, name: `n${index}` });
  }
  return files;
}

/** A folder of such cases. */
export function makeCases(count: number): Promise<string> {
  return makeFolder(caseFiles(count));
}

/** Contents of all results in a directory, by their paths: what is hidden is left out. */
export async function readResults(directory: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter((name) => !name.startsWith('.'));
  const contents = await Promise.all(
    names.map(async (name) => [name, await readFile(join(directory, name), 'base64')] as const),
  );
  return Object.fromEntries(contents.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Files that lie in the folder of what is no result. */
export async function leftOvers(directory: string): Promise<readonly string[]> {
  const entries = await readdir(join(directory, '.vascusim'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
