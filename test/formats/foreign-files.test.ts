import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { readMesh } from '../../src/mesh/read-mesh.ts';
import { readListFile } from '../../src/sources/http/list-file.ts';
import { smallPvtu, smallVtu } from '../dataset/small-mesh.ts';
import { memoryFile } from '../memory-file.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { vtkXmlReader } from './vtk-xml-reader.ts';

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0123456789abcdef'.repeat(4)}\nsize 12345\n`;
const bytes = (...values: number[]): Uint8Array =>
  Uint8Array.from([...values, ...Array.from({ length: 600 }, (_, at) => at % 251)]);
const XML = '<?xml version="1.0"?>\n<VTKFile type="UnstructuredGrid"/>';
const bigEndian = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

test.each<[string, string | Uint8Array, RegExp]>([
  ['a Git LFS pointer', POINTER, /Git LFS pointer.*`git lfs pull`/],
  ['a Git LFS pointer with line ends of Windows', POINTER.replaceAll('\n', '\r\n'), /Git LFS pointer/],
  ['an old Git LFS pointer', POINTER.replace('git-lfs', 'hawser'), /Git LFS pointer/],
  ['a ZIP archive', bytes(0x50, 0x4b, 3, 4), /ZIP archive; unpack it/],
  ['an empty ZIP archive', bytes(0x50, 0x4b, 5, 6), /empty ZIP archive/],
  ['gzip', gzipSync(XML), /gzip/],
  ['xz', bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), /xz-compressed/],
  ['bzip2', bytes(0x42, 0x5a, 0x68, 0x39), /bzip2-compressed/],
  ['Zstandard', bytes(0x28, 0xb5, 0x2f, 0xfd), /Zstandard-compressed/],
  ['7z', bytes(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c), /7z archive/],
  ['RAR', bytes(0x52, 0x61, 0x72, 0x21, 0x1a, 7), /RAR archive/],
  ['LZ4', bytes(4, 0x22, 0x4d, 0x18), /LZ4-compressed/],
  ['HDF5', bytes(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10), /HDF5 file .*, which is not read: convert it/],
  [
    'tar',
    Buffer.concat([Buffer.alloc(257, 'case.vtu\0'), Buffer.from('ustar\0'), Buffer.alloc(300)]),
    /tar archive/,
  ],
  [
    'UTF-16 with a mark',
    Buffer.from(`\ufeff${XML}`, 'utf16le'),
    /UTF-16 \(little endian\); save it as UTF-8/,
  ],
  ['UTF-16 without a mark', Buffer.from(XML, 'utf16le'), /UTF-16 \(little endian\)/],
  ['UTF-16 of the other order with a mark', bigEndian(`\ufeff${XML}`), /UTF-16 \(big endian\)/],
  ['UTF-16 of the other order', bigEndian(XML), /UTF-16 \(big endian\)/],
  ['NULs', Buffer.alloc(2000), /NUL bytes: it was not written/],
  ['an HTML page', '\n<!doctype html><html>', /HTML page/],
  ['an HTML page behind a comment', '<!-- proxy --><html><body>', /HTML page/],
  ['an XHTML page', '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "">', /HTML page/],
  ['nothing', '', /is empty/],
  ['something else', 'solid cube\n', /is of none of the formats that are read \(VTK XML, VTK legacy\)/],
])('%s is named', async (_, content, message) => {
  await expect(vtkXmlReader.read(memoryFile(content), { path: 'case.vtu' })).rejects.toMatchObject({
    code: 'FORMAT',
    path: 'case.vtu',
    message: expect.stringMatching(message) as string,
  });
});

test('a mark and white space before the XML do no harm', async () => {
  const mesh = await vtkXmlReader.read(memoryFile(`\ufeff\n  ${smallVtu()}`));
  expect(mesh.points.shape).toEqual([4, 3]);
});

test('a piece that is a pointer is named, not the file that names it', async () => {
  const folder = await makeFolder({ 'whole.pvtu': smallPvtu(['piece.vtu']), 'piece.vtu': POINTER });
  await expect(readMesh(`${folder}/whole.pvtu`)).rejects.toThrow(/piece\.vtu.*Git LFS pointer/);
});

test.each(['case.json', 'metadata.jsonl', 'metadata.csv'])('%s that is a pointer is named', async (name) => {
  const folder = await makeFolder({ 'case.vtu': smallVtu(), [name]: POINTER });
  const error = await failureOf(VascuDataset.open({ sourceUrl: folder }));
  expect(error).toMatchObject({ code: 'FORMAT', path: name });
  expect(String(error)).toMatch(/Git LFS pointer.*git lfs pull/);
});

test.each(['files.txt', 'files.jsonl'])('the list %s that is a pointer is named', async (name) => {
  const error = await failureOf(readListFile(new Blob([POINTER]).stream(), name));
  expect(error).toMatchObject({ code: 'FORMAT', path: name });
  expect(String(error)).toMatch(/Git LFS pointer/);
});
