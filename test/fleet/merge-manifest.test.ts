import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FolderLock } from '../../src/fleet/folder-lock.ts';
import { readManifest } from '../../src/fleet/manifest.ts';
import type { ManifestLine } from '../../src/fleet/manifest-line.ts';
import { ManifestPart } from '../../src/fleet/manifest-part.ts';
import { mergeManifest } from '../../src/fleet/merge-manifest.ts';
import { ResultFolder } from '../../src/fleet/result-folder.ts';
import { makeFolder } from '../temporary-folder.ts';

/** A process of this machine that is dead: numbers do not go so far. */
const DEAD = `${hostname().replaceAll(/[^\w.-]/g, '_')}~99999999~t1~0`;
/** One of another machine. */
const ELSEWHERE = 'elsewhere~1~t1~0';

function line(id: string): ManifestLine {
  const file = { path: `${id}.vtu`, size: 1, sha256: '0'.repeat(64) };
  return { id, source: { path: id, size: 1, version: '1' }, options: { to: 'vtu' }, files: [file] };
}

async function openFolder(): Promise<ResultFolder> {
  const folder = await ResultFolder.open(await makeFolder());
  await folder.makeState();
  return folder;
}

async function setAge(path: string, seconds: number): Promise<void> {
  const time = new Date(Date.now() - 1000 * seconds);
  await utimes(path, time, time);
}

const metadataOf = (id: string): { readonly of: string } => ({ of: id });

describe('mergeManifest', () => {
  test('at the same time by many who have just ended loses no line', async () => {
    const folder = await openFolder();
    const writers = Array.from({ length: 12 }, async (_, writer) => {
      for (let round = 0; round < 3; round++) {
        const part = await ManifestPart.open(folder, { at: round, list: 'x' });
        await part.append([line(`${writer}-${round}-a`), line(`${writer}-${round}-b`)]);
        await part.end();
        await mergeManifest(folder, { metadataOf });
      }
    });
    await Promise.all(writers);
    const { lines, parts, text } = await readManifest(folder);
    expect(lines.size).toBe(72);
    expect(parts).toEqual([]);
    const ids = (text ?? '')
      .trimEnd()
      .split('\n')
      .map((each) => (JSON.parse(each) as { id: string }).id);
    expect(ids).toEqual(ids.toSorted());
    expect(await readdir(folder.temporaryFolder)).toEqual([]);
    expect(await readdir(folder.stateFolder)).toEqual(['parts', 'tmp']);
  });

  test('keeps the part of who is at work, and takes its lines', async () => {
    const folder = await openFolder();
    await using part = await ManifestPart.open(folder, { at: 1, list: 'x' });
    await part.append([line('a')]);
    const { lines, parts } = await mergeManifest(folder, { metadataOf });
    expect([...lines.keys()]).toEqual(['a']);
    expect(parts).toHaveLength(1);
    await part.append([line('b')]);
    expect([...(await readManifest(folder)).lines.keys()]).toEqual(['a', 'b']);
  });

  test('takes the line of the part that was begun last', async () => {
    const folder = await openFolder();
    const failed = { ...line('a'), files: undefined, error: { code: 'FORMAT', message: 'no' } } as const;
    for (const [at, each] of [
      [2, line('a')],
      [1, failed],
    ] as const) {
      const part = await ManifestPart.open(folder, { at, list: 'x' });
      await part.append([each]);
      await part.end();
    }
    expect((await mergeManifest(folder, { metadataOf })).lines.get('a')).not.toHaveProperty('error');
  });

  test('removes what dead processes left unfinished, and nothing of the living', async () => {
    const folder = await openFolder();
    await using part = await ManifestPart.open(folder, { at: 1, list: 'x' });
    await using own = await folder.create();
    await own.write(Buffer.from('half'));
    for (const name of [`${DEAD}.part`, `${ELSEWHERE}.part`, 'elsewhere~2~t1~0.part'])
      await writeFile(join(folder.temporaryFolder, name), '');
    await setAge(join(folder.temporaryFolder, 'elsewhere~2~t1~0.part'), 100_000);
    await part.append([line('a')]);
    await mergeManifest(folder, { metadataOf });
    const left = await readdir(folder.temporaryFolder);
    expect(left).toContain(`${ELSEWHERE}.part`);
    expect(left).toHaveLength(2);
  });
});

describe('FolderLock', () => {
  test('is had by one at a time', async () => {
    const folder = await makeFolder();
    let holders = 0;
    let most = 0;
    const users = Array.from({ length: 10 }, async () => {
      await using lock = await FolderLock.take(folder, undefined);
      most = Math.max(most, ++holders);
      await readFile(join(folder, 'merge.lock'));
      expect(lock.isHeld).toBe(true);
      holders--;
    });
    await Promise.all(users);
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ['of a dead process of this machine', `${DEAD}.lock`, 0],
    ['of a silent process of another machine', `${ELSEWHERE}.lock`, 60],
    ['that says nothing, for long', '', 60],
  ])('is taken over %s', async (_, content, seconds) => {
    const folder = await makeFolder({ 'merge.lock': content });
    await setAge(join(folder, 'merge.lock'), seconds);
    await using lock = await FolderLock.take(folder, undefined);
    expect(lock.isHeld).toBe(true);
  });

  test('of a process of another machine that lives is waited for', async () => {
    const folder = await makeFolder({ 'merge.lock': `${ELSEWHERE}.lock` });
    const stop = AbortSignal.timeout(200);
    await expect(FolderLock.take(folder, stop)).rejects.toThrow();
    expect(await readFile(join(folder, 'merge.lock'), 'utf8')).toBe(`${ELSEWHERE}.lock`);
  });

  test('that was lost renames nothing any more, and is left to who has it', async () => {
    const folder = await makeFolder({ from: 'late' });
    const lock = await FolderLock.take(folder, undefined);
    await writeFile(join(folder, 'merge.lock'), `${ELSEWHERE}.lock`);
    expect(lock.rename(join(folder, 'from'), join(folder, 'to'))).toBe(false);
    await lock[Symbol.asyncDispose]();
    expect((await readdir(folder)).toSorted()).toEqual(['from', 'merge.lock']);
  });
});

test('a folder of results that lies in a file is refused', async () => {
  const folder = await makeFolder({ file: '' });
  await mkdir(join(folder, 'sub'));
  await expect(ResultFolder.open(join(folder, 'file/sub'))).rejects.toMatchObject({ option: 'directory' });
});
