import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { RandomAccess } from '../../src/core/mesh.ts';
import { type MeshBytes, openFileAccess, readMesh, readMeshHeader } from '../../src/index.ts';
import { smallPvtu, smallVtu } from '../dataset/small-mesh.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const bytes = new TextEncoder().encode(smallVtu({ points: 6, pointData: { p: 1, q: 2 } }));
const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
shared.set(bytes);
const padded = Buffer.concat([Buffer.alloc(8), bytes, Buffer.alloc(8)]);
const access: RandomAccess = {
  size: bytes.length,
  read: async (offset, length) => bytes.slice(offset, offset + length),
};

const KINDS: readonly (readonly [string, MeshBytes])[] = [
  ['a Uint8Array', bytes],
  ['a Buffer inside a larger one', padded.subarray(8, 8 + bytes.length)],
  ['a DataView', new DataView(bytes.buffer)],
  ['an ArrayBuffer', bytes.buffer],
  ['shared memory', shared.buffer],
  ['an array over shared memory', shared],
  ['a Blob', new Blob([bytes])],
  ['a File', new File([bytes], 'case.vtu')],
  ['a RandomAccess', access],
];

describe.each(KINDS)('%s', (_, given) => {
  test('is read as a mesh, also single arrays of it', async () => {
    const mesh = await readMesh(given, { attributes: ['q'] });
    expect(mesh.points.shape).toEqual([6, 3]);
    expect([...mesh.pointData.keys()]).toEqual(['q']);
    expect(mesh.points.data.buffer instanceof ArrayBuffer).toBe(true);
  });

  test('is read as a header', async () => {
    expect(await readMeshHeader(given)).toMatchObject({ points: 6, size: bytes.length });
  });

  test('is not read after an abort', async () => {
    const reason = new Error('stop');
    expect(await failureOf(readMesh(given, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});

test('a path that is no text is a ConfigError of a mesh and of a header', async () => {
  const options = { path: 5 as unknown as string };
  for (const error of [
    await failureOf(readMesh(bytes, options)),
    await failureOf(readMeshHeader(bytes, options)),
  ])
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('path');
});

test('a mesh does not change with the bytes that it was read from', async () => {
  const own = bytes.slice();
  const mesh = await readMesh(own);
  const before = mesh.points.data.slice();
  own.fill(0);
  expect(mesh.points.data).toEqual(before);
});

test('an opened file is a RandomAccess, and names itself in messages', async () => {
  const path = join(await makeFolder({ 'a.vtu': smallVtu(), 'b.vtu': 'no mesh' }), 'a.vtu');
  await using file = await openFileAccess(path);
  expect((await readMesh(file)).points.shape).toEqual([4, 3]);
  await using broken = await openFileAccess(path.replace('a.vtu', 'b.vtu'));
  expect(String(await failureOf(readMesh(broken)))).toContain(path.replace('a.vtu', 'b.vtu'));
});

test.each([
  ['a File by its name', new File(['no mesh'], 'cases/x.vtu'), {}, /^FormatError: cases\/x\.vtu/],
  ['other bytes as a mesh', new Blob(['no mesh']), {}, /^FormatError: mesh/],
  [
    'bytes by the path that is given',
    Buffer.from('no mesh'),
    { path: 'https://host/y.vtu' },
    /https:\/\/host\/y\.vtu/,
  ],
])('messages name %s', async (_, given, options, message) => {
  expect(String(await failureOf(readMesh(given, options)))).toMatch(message);
  expect(String(await failureOf(readMeshHeader(given, options)))).toMatch(message);
});

test('the path that is given names a file of this machine too', async () => {
  const path = join(await makeFolder({ 'a.vtu': 'no mesh' }), 'a.vtu');
  expect(String(await failureOf(readMesh(path, { path: 'the last download' })))).toMatch(
    /^FormatError: the last download/,
  );
});

test('pieces of bytes cannot be opened, which is said', async () => {
  const error = await failureOf(readMesh(Buffer.from(smallPvtu(['a_0.vtu'])), { path: 'a.pvtu' }));
  expect(String(error)).toMatch(/^FormatError: a\.pvtu: names files that hold its pieces/);
});

test('a File that was changed since it was chosen says so', async () => {
  const file = new File([bytes], 'chosen.vtu');
  file.slice = () =>
    Object.assign(new Blob(), {
      arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError')),
    });
  const error = await failureOf(readMesh(file));
  expect(isVascuError(error, 'NOT_FOUND') && error.message).toMatch(
    /chosen\.vtu cannot be read any more.*Choose it again/,
  );
});

describe.each([
  ['readMesh', readMesh],
  ['readMeshHeader', readMeshHeader],
])('%s', (_, read) => {
  test.each([
    ['nothing', undefined, /undefined is no mesh file: give a path, a file: or http\(s\) URL, a Blob/],
    ['a number', 7, /7 is no mesh file/],
    ['a list of bytes', [...bytes], /an array of \d+ is no mesh file/],
    ['an answer that was not read', new Response(bytes), /an object of Response/],
    ['a promise', Promise.resolve(bytes), /await it first/],
    [
      'the content as text',
      new TextDecoder().decode(bytes),
      /A text of \d+ characters that is a mesh itself/,
    ],
  ])('refuses %s in a line', async (_kind, given, message) => {
    const error = await failureOf(read(given as unknown as MeshBytes));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('file');
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message.length).toBeLessThan(300);
  });

  test.each([
    ['a long path', `${'x'.repeat(100_000)}.vtu`, 'NOT_FOUND'],
    ['a long name', `${'x'.repeat(300)}.vtu`, 'NOT_FOUND'],
    ['a long URL', `ftp://host/${'x'.repeat(100_000)}`, 'CONFIG'],
    ['a path with a NUL', 'a\0b.vtu', 'NOT_FOUND'],
    ['a URL with a login', 'smb://me:secret@host/a.vtu', 'CONFIG'],
    ['a file as a folder', join(import.meta.filename, 'a.vtu'), 'NOT_FOUND'],
  ])('%s is refused by its kind, in a short message', async (_kind, given, code) => {
    const error = await failureOf(read(given));
    expect(isVascuError(error) && error.code).toBe(code);
    expect((error as Error).message).not.toContain('secret');
    expect((error as Error).message.length).toBeLessThan(600);
  });
});

const long = 'x\n\u2028'.repeat(10_000);
const tags = smallVtu({ points: 6, pointData: { p: 1 } });
const hostile = Proxy.revocable({}, {});
hostile.revoke();
/** Values that hold much, or what no line has room for. */
const WRONG: readonly (readonly [string, unknown])[] = [
  ['a text of controls', '\u0001'.repeat(10_000)],
  ['a text of many lines', long],
  [
    'an object whose class has a long name',
    new (class {
      static name = long;
    })(),
  ],
  [
    'an object that throws',
    {
      get size(): never {
        throw new Error(long);
      },
    },
  ],
  ['a proxy that is revoked', hostile.proxy],
  ['a RandomAccess with a long path', { size: 5, read: () => long, path: long }],
  ['a File with a long name', new File([long], long)],
  ['bytes of another kind', new TextEncoder().encode(long)],
  ['a file of another type', new TextEncoder().encode(`<VTKFile type="${'y'.repeat(9999)}">`)],
  [
    'a file of long tags',
    new TextEncoder().encode(`<VTKFile type="PolyData"><${'y'.repeat(9999)}></VTKFile>`),
  ],
  [
    'a broken array with a long name',
    Buffer.from(tags.replace('Name="p"', `Name="${long}"`).replace('1 1 1', 'a b')),
  ],
  ['a URL of another kind', new URL(`ftp://host/${'y'.repeat(9999)}`)],
  ['a large number', 10n ** 9999n],
];

test.each(WRONG)('%s is refused in one line of at most 300 characters', async (_, given) => {
  for (const read of [readMesh, readMeshHeader]) {
    const outcome = await read(given as MeshBytes).catch((error: unknown) => error);
    if (!(outcome instanceof Error)) continue;
    expect(isVascuError(outcome)).toBe(true);
    expect(outcome.message.length).toBeLessThanOrEqual(300);
    expect(outcome.message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
  }
});

const slice = (offset: number, length: number): Uint8Array<ArrayBuffer> =>
  bytes.slice(offset, offset + length);
const LIES: readonly (readonly [string, object, RegExp])[] = [
  ['no number as its size', { size: Number.NaN }, /has the size NaN, which must be/],
  ['a size below 0', { size: -1 }, /has the size -1/],
  ['a part as its size', { size: 0.5 }, /has the size 0.5/],
  ['a size that is too large', { size: bytes.length + 50 }, /gave \d+ bytes for the \d+ bytes from/],
  [
    'too few bytes',
    { read: async (at: number, length: number) => slice(at, length - 1) },
    /gave \d+ bytes for/,
  ],
  [
    'too many bytes',
    { read: async (_at: number, length: number) => new Uint8Array(length + 1) },
    /gave \d+ bytes for/,
  ],
  ['a text', { read: async () => 'text' }, /gave "text" for the/],
  ['nothing', { read: async () => undefined }, /gave undefined for the/],
  [
    'an ArrayBuffer',
    { read: async (at: number, length: number) => slice(at, length).buffer },
    /gave an ArrayBuffer of/,
  ],
];

describe.each(LIES)('a RandomAccess that gives %s', (_, lie, message) => {
  test.each([
    ['mesh', readMesh],
    ['header', readMeshHeader],
  ] as const)('is named, not read as a broken file or for ever: %s', async (__, read) => {
    const error = await failureOf(read({ ...access, ...lie } as RandomAccess));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('file');
    expect(String(error)).toMatch(message);
  });
});
