import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { InsideSource } from '../../src/archives/inside-source.ts';
import { withArchives } from '../../src/archives/with-archives.ts';
import { LocalSource } from '../../src/sources/local/local-source.ts';
import { makeFolder } from '../temporary-folder.ts';
import { buildZip } from './build-zip.ts';

/** Archive as its maker tells of it: size and CRC-32 of each file, as zipfile and tarfile read it. */
interface Told {
  readonly name: string;
  readonly made: readonly unknown[];
  readonly files: Readonly<Record<string, readonly [size: number, crc: number]>>;
}

const ARCHIVES = process.env['VASCUSIM_TORTURE'] === 'long' ? 300 : 60;
const SEED = Number(process.env['VASCUSIM_TORTURE_SEED'] ?? 1);
const has = (command: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`]);
    return true;
  } catch {
    return false;
  }
};
const missing = ['python3', 'zip', 'unzip', 'tar'].filter((command) => !has(command));
if (missing.length > 0 && process.env['CI'] !== undefined) throw new Error(`Install ${missing.join(', ')}.`);

/** Tells what Info-ZIP has to say against an archive: nothing, where it is right, but for bytes before it. */
function faultsByUnzip(path: string): string {
  const { status, stdout, stderr } = spawnSync('unzip', ['-tqq', path], { encoding: 'utf8' });
  // Status 1 is a warning.
  return status === 0 || status === 1 ? '' : `${status} ${stdout}${stderr}`;
}

describe.skipIf(missing.length > 0)('archives of Python, Info-ZIP and GNU tar', () => {
  test('hold the names, sizes and bytes that zipfile and tarfile read', async () => {
    const folder = await makeFolder();
    const script = join(import.meta.dirname, 'make-archives.py');
    const output = execFileSync('python3', [script, folder, String(ARCHIVES), String(SEED)], {
      maxBuffer: 64 * 1024 ** 2,
    });
    const told = JSON.parse(output.toString()) as readonly Told[];
    const source = withArchives(new LocalSource({ sourceUrl: folder }));
    onTestFinished(() => source[Symbol.asyncDispose]());
    for (const { name, made, files } of told) {
      const inside = new InsideSource(source, name);
      const found: Record<string, readonly [number, number]> = {};
      for await (const entry of inside.list()) {
        const bytes = new Uint8Array(await new Response((await inside.open(entry.path)).body).arrayBuffer());
        expect(bytes.length, `${name}: ${entry.path}`).toBe(entry.size);
        found[entry.path] = [bytes.length, crc32(bytes)];
      }
      expect(found, `${name} ${JSON.stringify(made)}`).toEqual(files);
      if (name.endsWith('.zip')) expect(faultsByUnzip(join(folder, name)), name).toBe('');
    }
    expect(told).toHaveLength(ARCHIVES);
  }, 600_000);

  test('take the archives that the tests build by hand for right ones', async () => {
    const members = { 'a.vtu': 'a'.repeat(5000), 'größe.vtu': 'b', 'empty.vtu': '' };
    for (const method of [0, 8]) {
      for (const more of [{}, { descriptor: true }, { zip64: true }]) {
        const built = Object.entries(members).map(([name, data]) => ({
          name,
          data,
          method,
          flags: 1 << 11,
          ...more,
        }));
        const folder = await makeFolder({ 'x.zip': buildZip(built, { comment: 'PK' }) });
        expect(faultsByUnzip(join(folder, 'x.zip')), JSON.stringify({ method, more })).toBe('');
      }
    }
  });
});
