import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { readMesh } from '../../src/mesh/read-mesh.ts';
import { smallPvtu, smallVtu } from '../dataset/small-mesh.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

describe('readMesh', () => {
  test('takes a path, a relative path, a URL and its text; the extension in any case', async () => {
    const path = join(await makeFolder({ 'a #é.VTU': smallVtu({ points: 5 }) }), 'a #é.VTU');
    for (const file of [path, relative('.', path), pathToFileURL(path), pathToFileURL(path).href]) {
      expect((await readMesh(file)).points.shape).toEqual([5, 3]);
    }
  });

  test('reads only the arrays asked for', async () => {
    const folder = await makeFolder({ 'a.vtu': smallVtu({ pointData: { p: 1, q: 2 }, cellData: { r: 3 } }) });
    const mesh = await readMesh(join(folder, 'a.vtu'), { attributes: ['q', 'unknown'] });
    expect([...mesh.pointData.keys(), ...mesh.cellData.keys()]).toEqual(['q']);
  });

  test('joins the pieces beside and below it', async () => {
    const folder = await makeFolder({
      'a.pvtu': smallPvtu(['a_0.vtu', 'pieces/a_1.vtu']),
      'a_0.vtu': smallVtu({ points: 4 }),
      'pieces/a_1.vtu': smallVtu({ points: 6 }),
    });
    expect((await readMesh(join(folder, 'a.pvtu'))).points.shape).toEqual([10, 3]);
  });

  test('reads no piece outside of its folder', async () => {
    const folder = await makeFolder({ 'x/a.pvtu': smallPvtu(['../secret.vtu']), 'secret.vtu': smallVtu() });
    expect(isVascuError(await failureOf(readMesh(join(folder, 'x/a.pvtu'))), 'FORMAT')).toBe(true);
  });

  test('what a file is, is told by its content where the extension does not', async () => {
    const folder = await makeFolder({ 'a.xml': smallVtu({ points: 5 }), 'a.stl': 'solid x' });
    expect((await readMesh(join(folder, 'a.xml'))).points.shape).toEqual([5, 3]);
    expect(isVascuError(await failureOf(readMesh(join(folder, 'a.stl'))), 'FORMAT')).toBe(true);
  });

  test('a missing file is NOT_FOUND, a URL of elsewhere a ConfigError', async () => {
    expect(isVascuError(await failureOf(readMesh('nope.vtu')), 'NOT_FOUND')).toBe(true);
    const error = await failureOf(readMesh('https://example.org/a.vtu'));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('file');
  });

  test('an abort rejects with its reason', async () => {
    const path = join(await makeFolder({ 'a.vtu': smallVtu() }), 'a.vtu');
    const reason = new Error('stop');
    expect(await failureOf(readMesh(path, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});
