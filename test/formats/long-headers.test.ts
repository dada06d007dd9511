import { describe, expect, onTestFinished, test } from 'vitest';
import type { Mesh } from '../../src/core/mesh.ts';
import { writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';
import { readMeshFrom } from '../../src/mesh/read-mesh.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { memoryFile } from '../memory-file.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { bitsOf, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { makeFolder } from '../temporary-folder.ts';
import { vtkXmlReader } from './vtk-xml-reader.ts';

async function fileOf(mesh: Mesh, encoding: 'raw' | 'base64' | 'inline' | 'ascii'): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of writeVtkXml(mesh, { encoding })) parts.push(part);
  return Buffer.concat(parts);
}

const small = resultMesh(30, TWELVE_FIELDS.slice(0, 2));
const large = resultMesh(20_000, TWELVE_FIELDS);
const read = (content: Uint8Array): Promise<Mesh> =>
  vtkXmlReader.read(memoryFile(content), { path: 'case.vtu' });

const insert = (content: Buffer, before: string, text: string): Buffer => {
  const at = content.indexOf(before) + (text.startsWith(' ') ? before.length - 1 : 0);
  expect(at).toBeGreaterThan(0);
  return Buffer.concat([content.subarray(0, at), Buffer.from(text), content.subarray(at)]);
};
const times = (count: number): string =>
  Array.from({ length: count }, (_, step) => (step / 1000).toFixed(5)).join(' ');

/** What may stand in front of the first piece. */
const HEADS: readonly (readonly [string, string, string])[] = [
  ['times of 5,000 steps in an attribute', '<UnstructuredGrid>', ` TimeValues="${times(5000)}"`],
  ['times of 9,000 steps in an attribute', '<UnstructuredGrid>', ` TimeValues="${times(9000)}"`],
  ['times of 200,000 steps in an attribute', '<UnstructuredGrid>', ` TimeValues='${times(200_000)}'`],
  ['times of 9,000 steps in a tag', '<Piece', `<TimeValues>${times(9000)}</TimeValues>`],
  ['a comment of 200 kB', '<Piece', `<!-- ${'log '.repeat(50_000)}-->`],
  ['a processing instruction of 100 kB', '<Piece', `<?log ${'x'.repeat(100_000)}?>`],
  ['70,000 tags', '<Piece', '<Step/>'.repeat(70_000)],
  [
    'arrays of 7,000 steps',
    '</PointData>',
    Array.from(
      { length: 70_000 },
      (_, step) => `<DataArray type="Float32" Name="pressure" TimeStep="${step}" format="ascii"/>`,
    ).join(''),
  ],
];

/** What may stand behind the last tag. */
const TAILS: readonly (readonly [string, string])[] = [
  ['1,500 spaces', ' '.repeat(1500)],
  ['line ends', '\r\n'.repeat(2000)],
  ['NULs up to a block of a disk', '\0'.repeat(4096)],
  ['200 kB of NULs', '\0'.repeat(200_000)],
  ['a short comment', '<!-- written by a solver -->\n'],
  ['a comment of 5 kB', `\n<!-- ${'x'.repeat(5000)} -->\n`],
  ['a comment of 140 kB, and spaces', `<!-- ${'y'.repeat(140_000)} -->${' '.repeat(3000)}`],
  ['two comments', `<!-- ${'a'.repeat(1100)} -->\n\n<!-- ${'b'.repeat(1100)} -->`],
];

describe.each(['raw', 'base64', 'inline', 'ascii'] as const)('%s', (encoding) => {
  test.each(HEADS)('%s: the header is read', async (_, before, text) => {
    const content = await fileOf(small, encoding);
    expect(bitsOf(await read(insert(content, before, text)))).toEqual(bitsOf(await read(content)));
  });

  test.each(TAILS)('%s behind the last tag: the file is whole', async (_, tail) => {
    const content = await fileOf(small, encoding);
    expect(bitsOf(await read(Buffer.concat([content, Buffer.from(tail)])))).toEqual(
      bitsOf(await read(content)),
    );
  });
});

describe('of a file on another machine, of which parts are fetched', () => {
  async function readPart(content: Uint8Array): Promise<{ mesh: Mesh; bytes: number }> {
    const source = new MemorySource();
    source.put('case.vtu', content);
    const streamer = new DataStreamer(source, { cacheDir: await makeFolder() });
    onTestFinished(() => streamer.close());
    const mesh = await readMeshFrom(streamer, 'case.vtu', { attributes: ['pressure'], mode: 'partial' });
    return { mesh, bytes: source.bytes };
  }

  test.each([
    ...HEADS.slice(0, 2).map(([name, before, text]) => [name, before, text, ''] as const),
    ...TAILS.map(([name, tail]) => [`behind the last tag ${name}`, '<Piece', '', tail] as const),
  ])('%s', async (_, before, text, tail) => {
    const content = Buffer.concat([insert(await fileOf(large, 'raw'), before, text), Buffer.from(tail)]);
    const { mesh, bytes } = await readPart(content);
    const whole = await vtkXmlReader.read(memoryFile(content), { attributes: ['pressure'] });
    expect(bitsOf(mesh)).toEqual(bitsOf(whole));
    expect(bytes).toBeLessThan(0.8 * content.byteLength);
  });
});

test.each([
  ['cut in the last tag', -5, ''],
  ['cut in its data, NULs in their place', -3000, '\0'.repeat(3000)],
  ['cut in its data, spaces behind', -3000, ' '.repeat(5000)],
  ['cut, a comment behind', -3000, '<!-- the end -->'],
  ['cut, the end of a comment behind', -3000, ' -->'],
])('a file that is %s is refused', async (_, cut, tail) => {
  const content = await fileOf(small, 'raw');
  const broken = Buffer.concat([content.subarray(0, cut), Buffer.from(tail)]);
  await expect(read(broken)).rejects.toMatchObject({ code: 'FORMAT' });
});
