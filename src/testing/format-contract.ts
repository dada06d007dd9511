import assert from 'node:assert/strict';
import { CacheError, isVascuError } from '../core/errors.ts';
import { isGhostArray } from '../core/ghosts.ts';
import { isTensor, type Mesh, type MeshArrays, type RandomAccess } from '../core/mesh.ts';
import {
  type MeshFile,
  type MeshFormat,
  NoPlan,
  type OpenMeshOptions,
  type ReadMeshFileOptions,
} from '../core/mesh-format.ts';
import type { ByteRange } from '../core/source.ts';
import type { RunTest } from './source-contract.ts';

/** Bytes of files by their names; those that others name are among them. */
export type FormatFiles = Readonly<Record<string, Uint8Array>>;

const RECOGNIZED_BYTES = 1024;
/** Shares of a file after which it is cut. */
const CUTS = [0, 0.25, 0.5, 0.75];
const NO_MESHES: Readonly<Record<string, Uint8Array>> = {
  'a gzip archive': Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 4),
  'a web page': new TextEncoder().encode('<!doctype html><html><body>404</body></html>'),
  'a table': new TextEncoder().encode('name,age\na,60\n'),
};
/** Name that no array has. */
const UNKNOWN = 'an array that no file has';

/**
 * Defines the tests of the contract that every {@link MeshFormat} keeps, a set of them for each file; what does not hold
 * is thrown.
 *
 * @param name - of the format, before the name of each test
 * @param files - whole and right ones, of every kind that the format has
 * @param test - defines one test
 *
 * @example
 * import { test } from 'node:test';
 * testFormat('my format', myFormat, { 'a.mine': await readFile('a.mine') }, test);
 */
export function testFormat(name: string, format: MeshFormat, files: FormatFiles, test: RunTest): void {
  test(`${name}: extensions are lower case and begin with the dot`, async () => {
    for (const extension of format.extensions) assert.match(extension, /^\.[^.A-Z]+$/);
    for (const each of format.collections ?? []) assert.ok(format.extensions.includes(each), each);
  });
  for (const [what, bytes] of Object.entries(NO_MESHES)) {
    test(`${name}: does not take ${what} for its own`, async () => {
      assert.equal(format.recognize(bytes), false);
    });
  }
  for (const [path, bytes] of Object.entries(files)) testFile(name, { format, files, path, bytes }, test);
}

/** One file, and those beside it. */
interface Subject {
  readonly format: MeshFormat;
  readonly files: FormatFiles;
  readonly path: string;
  readonly bytes: Uint8Array;
}

function testFile(name: string, subject: Subject, test: RunTest): void {
  const { format, path, bytes } = subject;
  const define = (what: string, run: () => Promise<void>): void => {
    test(`${name}: ${path} ${what}`, run);
  };
  define('is told by its content', async () => {
    assert.ok(format.recognize(bytes.subarray(0, RECOGNIZED_BYTES)));
  });
  define('has the header of its mesh', async () => {
    const opened = await open(subject);
    const mesh = await read(subject, opened);
    const { header } = opened;
    assert.equal(header.format, format.name);
    assert.equal(header.size, bytes.byteLength);
    assert.deepEqual([...opened.references], [...header.pieceFiles]);
    assert.equal(header.type.replace(/^P(?=[UP])/, ''), mesh.kind);
    // What lies in other files, these tell.
    if (header.pieceFiles.length > 0) return;
    assert.equal(header.points, mesh.points.shape[0]);
    assert.equal(header.cells, mesh.cells.types.length);
    assert.deepEqual([...header.pointArrays].sort(), numbersOf(mesh.pointData));
    assert.deepEqual([...header.cellArrays].sort(), numbersOf(mesh.cellData));
  });
  define('is opened by what was known of its header, also on another thread', async () => {
    const opened = await open(subject);
    const again = await open(subject, { parsed: structuredClone(opened.parsed) });
    assert.deepEqual(again.header, opened.header);
    assert.deepEqual(await read(subject, again), await read(subject, opened));
  });
  define('is read as often as it is asked', async () => {
    const opened = await open(subject);
    assert.deepEqual(await read(subject, opened), await read(subject, opened));
  });
  define('is read without arrays that are not named', async () => {
    const opened = await open(subject);
    const whole = await read(subject, opened);
    for (const attributes of wishesOf(whole)) {
      assert.deepEqual(await read(subject, opened, { attributes }), only(whole, attributes));
    }
  });
  define('is read from what a plan wants of it', async () => {
    const whole = await read(subject, await open(subject));
    for (const attributes of wishesOf(whole)) await readPlanned(subject, whole, attributes);
  });
  define('is cut into the same stretches whatever is wanted', async () => {
    const whole = await read(subject, await open(subject));
    const cuts: string[] = [];
    for (const attributes of [undefined, ...wishesOf(whole)]) {
      const plan = await (await open(subject)).plan({ attributes });
      if (typeof plan !== 'string')
        cuts.push(JSON.stringify(plan.stretches.map(({ start, end }) => [start, end])));
    }
    assert.ok(new Set(cuts).size < 2, cuts.join('\n'));
  });
  define('gives single arrays as its mesh has them', async () => {
    const opened = await open(subject);
    const mesh = await read(subject, opened);
    const [attributes] = wishesOf(mesh).toReversed();
    for await (const { name: array, on, tensor } of opened.arrays({ attributes })) {
      assert.ok(attributes?.includes(array), `${array} was not wished`);
      // Of several pieces each has its own.
      if (opened.header.pieceCount > 1) continue;
      const section = { node: mesh.pointData, cell: mesh.cellData, field: mesh.fieldData }[on];
      assert.deepEqual(tensor, section.get(array));
    }
  });
  for (const share of CUTS) {
    define(`is a FormatError when it ends after ${100 * share} %`, async () => {
      const cut = bytes.subarray(0, Math.floor(share * bytes.byteLength));
      const own = { ...subject, bytes: cut };
      await assert.rejects(
        async () => read(own, await open(own)),
        (error) => isVascuError(error, 'FORMAT') && error.message.includes(path),
      );
    });
  }
  define('rejects with the reason of a signal that was aborted before', async () => {
    const reason = new Error('stop');
    const signal = AbortSignal.abort(reason);
    const opened = await open(subject);
    await rejectsBy(reason, open(subject, { signal }));
    await rejectsBy(reason, read(subject, opened, { signal }));
    await rejectsBy(reason, opened.arrays({ signal })[Symbol.asyncIterator]().next());
  });
  define('stops at an abort with its reason', async () => {
    const reason = new Error('stop');
    const controller = new AbortController();
    const { signal } = controller;
    const file = watch(bytes, () => controller.abort(reason));
    await rejectsBy(reason, (async () => read(subject, await open(subject, { signal }, file), { signal }))());
  });
}

/** Reads a file of which nothing is there but what a plan of the read wants, and what was read to make the plan. */
async function readPlanned(subject: Subject, whole: Mesh, attributes: readonly string[]): Promise<void> {
  const { bytes } = subject;
  const here: ByteRange[] = [];
  const file = watch(bytes, (range) => here.push(range));
  const opened = await open(subject, { planOnly: true }, file).catch((error: unknown) => {
    if (error instanceof NoPlan) return undefined;
    throw error;
  });
  if (opened === undefined) return;
  const plan = await opened.plan({ attributes });
  if (typeof plan === 'string') return;
  let end = plan.stretches[0]?.start ?? bytes.byteLength;
  for (const stretch of plan.stretches) {
    assert.equal(stretch.start, end, 'the stretches have a hole or overlap');
    end = stretch.end;
  }
  assert.equal(end, bytes.byteLength, 'the last stretch does not end with the file');
  here.push(...plan.stretches.filter(({ wanted }) => wanted));
  const partial = watch(bytes, (range) => requireHere(range, here));
  const again = await open(subject, { parsed: structuredClone(opened.parsed) }, partial);
  assert.deepEqual(await read(subject, again, { attributes }), only(whole, attributes));
}

async function open(
  { format, path, bytes }: Subject,
  options: Partial<OpenMeshOptions> = {},
  file: RandomAccess = watch(bytes, () => undefined),
): Promise<MeshFile> {
  return (await format.load()).open(file, { path, ...options });
}

function read({ files, path }: Subject, opened: MeshFile, options: ReadMeshFileOptions = {}): Promise<Mesh> {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const openSibling = async (name: string): Promise<RandomAccess> => {
    const bytes = files[folder + name];
    if (bytes === undefined) throw new Error(`${path} names ${name}, which is not among the files`);
    return watch(bytes, () => undefined);
  };
  return opened.read({ openSibling, ...options });
}

/** Wraps a file in memory; each read is told of before it is answered. */
function watch(bytes: Uint8Array, tell: (range: ByteRange) => void): RandomAccess {
  return {
    size: bytes.byteLength,
    read: async (start, length, signal) => {
      assert.ok(start >= 0 && start + length <= bytes.byteLength, 'read beyond the end of the file');
      tell({ start, end: start + length });
      signal?.throwIfAborted();
      return Uint8Array.from(bytes.subarray(start, start + length));
    },
  };
}

/** @throws CacheError as reading a file of which not all is here does */
function requireHere({ start, end }: ByteRange, here: readonly ByteRange[]): void {
  for (let at = start; at < end; ) {
    const range = here.find((each) => each.start <= at && at < each.end);
    if (range === undefined) throw new CacheError(`byte ${at} is read, which the plan does not want`);
    at = range.end;
  }
}

/** Lists wishes: no array, an unknown one, each by itself, and all. */
function wishesOf({ pointData, cellData }: Mesh): readonly (readonly string[])[] {
  const names = [...new Set([...pointData.keys(), ...cellData.keys()])];
  return [[], [UNKNOWN], ...names.map((name) => [name]), names];
}

/** Gives a mesh as it is when only some of its arrays are read. */
function only(mesh: Mesh, attributes: readonly string[]): Mesh {
  const keep = (data: MeshArrays): MeshArrays =>
    new Map([...data].filter(([name]) => attributes.includes(name) || isGhostArray(name)));
  return { ...mesh, pointData: keep(mesh.pointData), cellData: keep(mesh.cellData) };
}

function numbersOf(data: MeshArrays): string[] {
  return [...data].flatMap(([name, array]) => (isTensor(array) ? [name] : [])).sort();
}

async function rejectsBy(reason: Error, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => error === reason);
}
