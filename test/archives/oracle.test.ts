import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { InsideSource } from '../../src/archives/inside-source.ts';
import { withArchives } from '../../src/archives/with-archives.ts';
import { LocalSource } from '../../src/sources/local/local-source.ts';
import { makeFolder } from '../temporary-folder.ts';

/** Archive as its maker tells of it: size and CRC-32 of each file, as zipfile and tarfile read it. */
interface Told {
  readonly name: string;
  readonly made: readonly unknown[];
  readonly files: Readonly<Record<string, readonly [size: number, crc: number]>>;
}

/** More of them by hand: VASCUSIM_ARCHIVES=300. */
const ARCHIVES = Number(process.env['VASCUSIM_ARCHIVES'] ?? 60);
const SEED = Number(process.env['VASCUSIM_SEED'] ?? 1);
const has = (command: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`]);
    return true;
  } catch {
    return false;
  }
};
const hasAll = ['python3', 'zip', 'tar'].every(has);

describe.skipIf(!hasAll)('archives of Python, Info-ZIP and GNU tar', () => {
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
    }
    expect(told).toHaveLength(ARCHIVES);
  }, 600_000);
});
