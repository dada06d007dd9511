import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { InsideSource } from '../../src/archives/inside-source.ts';
import { withArchives } from '../../src/archives/with-archives.ts';
import { LocalSource } from '../../src/sources/local/local-source.ts';
import { FILES, testSource } from '../sources/conformance.ts';
import { makeFolder } from '../temporary-folder.ts';
import { buildTar } from './build-tar.ts';
import { buildZip } from './build-zip.ts';

type Build = (files: Readonly<Record<string, string>>) => Uint8Array<ArrayBuffer>;

const members = (files: Readonly<Record<string, string>>): { name: string; data: string }[] =>
  Object.entries(files).map(([name, data]) => ({ name, data }));
const zipOf =
  (method: number, more: object = {}): Build =>
  (files) =>
    buildZip(members(files).map((member) => ({ ...member, method, ...more })));
const tarOf: Build = (files) => buildTar(members(files));
const within =
  (outer: Build, name: string, inner: Build): Build =>
  (files) =>
    outer({ [name]: Buffer.from(inner(files)).toString('latin1') });
/** Bytes of texts as they are. */
const binaryZip =
  (method: number): Build =>
  (files) =>
    buildZip(
      Object.entries(files).map(([name, data]) => ({ name, data: Buffer.from(data, 'latin1'), method })),
    );

const kinds: readonly (readonly [what: string, file: string, inside: string, build: Build])[] = [
  ['stored members of a ZIP archive', 'x.zip', 'x.zip', zipOf(0)],
  ['deflated members of a ZIP archive', 'x.zip', 'x.zip', zipOf(8)],
  ['members with descriptors', 'x.zip', 'x.zip', zipOf(8, { descriptor: true })],
  ['members of Zip64', 'x.zip', 'x.zip', zipOf(8, { zip64: true })],
  ['members of a tar archive', 'x.tar', 'x.tar', tarOf],
  ['members of a packed tar archive', 'x.tgz', 'x.tgz', (files) => new Uint8Array(gzipSync(tarOf(files)))],
  ['a stored archive in a ZIP archive', 'x.zip', 'x.zip/y.zip', within(binaryZip(0), 'y.zip', zipOf(8))],
  ['a deflated archive in a ZIP archive', 'x.zip', 'x.zip/y.tar', within(binaryZip(8), 'y.tar', tarOf)],
  [
    'a packed tar archive in a ZIP archive',
    'x.zip',
    'x.zip/y.tar.gz',
    within(binaryZip(8), 'y.tar.gz', (files) => new Uint8Array(gzipSync(tarOf(files)))),
  ],
];

for (const [what, file, inside, build] of kinds) {
  testSource(what, async () => {
    const folder = await makeFolder({ [file]: build(FILES) });
    const files: Record<string, string> = { ...FILES };
    return {
      source: new InsideSource(withArchives(new LocalSource({ sourceUrl: folder })), inside),
      async write(path, text) {
        files[path] = text;
        await writeFile(join(folder, file), build(files));
      },
    };
  });
}

testSource('files beside archives', async () => {
  const folder = await makeFolder(FILES);
  return {
    source: withArchives(new LocalSource({ sourceUrl: folder })),
    write: (path, text) => writeFile(join(folder, path), text),
  };
});

testSource('packed and cut files', async () => {
  const pack = ([path, text]: [string, string], index: number): [string, string | Uint8Array][] =>
    index % 2 === 0
      ? [[`${path}.gz`, new Uint8Array(gzipSync(text))]]
      : [
          [`${path}.00.part`, text.slice(0, 2)],
          [`${path}.01.part`, text.slice(2)],
        ];
  const folder = await makeFolder(Object.fromEntries(Object.entries(FILES).flatMap(pack)));
  const source = withArchives(new LocalSource({ sourceUrl: folder }));
  // What they are made of lies beside them.
  const isMade = (path: string): boolean => !/\.(?:gz|part)$/.test(path);
  const list = source.list.bind(source);
  source.list = async function* (options) {
    for await (const entry of list(options)) if (isMade(entry.path)) yield entry;
  };
  return {
    source,
    write: async (path, text) => {
      const index = Object.keys(FILES).indexOf(path);
      for (const [name, content] of pack([path, text], index)) await writeFile(join(folder, name), content);
    },
  };
});
