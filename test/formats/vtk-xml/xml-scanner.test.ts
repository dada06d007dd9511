import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/core/errors.ts';
import { FileWindow } from '../../../src/formats/vtk-xml/file-window.ts';
import { XmlScanner, type XmlTag } from '../../../src/formats/vtk-xml/xml-scanner.ts';
import { memoryFile } from '../../memory-file.ts';
import { fc, test as property } from '../../property.ts';

async function scan(content: string | Uint8Array): Promise<XmlTag[]> {
  const scanner = new XmlScanner(new FileWindow(memoryFile(content)), 'case.vtu');
  const tags: XmlTag[] = [];
  for (let tag = await scanner.next(); tag !== undefined; tag = await scanner.next()) tags.push(tag);
  return tags;
}

describe('XmlScanner', () => {
  test('gives open, empty and closing tags with their places', async () => {
    const tags = await scan('<a>text<b/></a>');
    expect(tags.map(({ kind, name, offset, end }) => [kind, name, offset, end])).toEqual([
      ['open', 'a', 0, 3],
      ['empty', 'b', 7, 11],
      ['close', 'a', 11, 15],
    ]);
  });

  test('reads attributes in double and single quotes, with white space around "="', async () => {
    const [tag] = await scan(`<a one="1" two = '2'\n\tthree="x > y < z"/>`);
    expect([...(tag?.attributes ?? [])]).toEqual([
      ['one', '1'],
      ['two', '2'],
      ['three', 'x > y < z'],
    ]);
  });

  test('resolves the entities of XML and character references', async () => {
    const [tag] = await scan('<a x="&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;"/>');
    expect(tag?.attributes.get('x')).toBe(`<>&"'A😀`);
  });

  test('takes an "&" that begins no reference as VTK writes it', async () => {
    const [tag] = await scan('<a x="p & q &&lt; &"/>');
    expect(tag?.attributes.get('x')).toBe('p & q &< &');
  });

  test('passes over declarations and comments, also those that hold tags', async () => {
    const tags = await scan('<?xml version="1.0"?><!-- <no/> --><yes/>');
    expect(tags.map(({ name }) => name)).toEqual(['yes']);
  });

  test('reads names in the declared encoding', async () => {
    const bytes = Uint8Array.from('<?xml version="1.0" encoding="ISO-8859-1"?><a x="\u00e9"/>', (c) =>
      c.charCodeAt(0),
    );
    const [tag] = await scan(bytes);
    expect(tag?.attributes.get('x')).toBe('é');
  });

  test.each([65_530, 65_536, 131_072, 1_000_000])('reads a tag of %i characters', async (length) => {
    const value = `${'1.5 '.repeat(length / 4)}">'`;
    const [tag, next] = await scan(`<a x='${value.replaceAll("'", '>')}'/><b/>`);
    expect(tag?.attributes.get('x')).toBe(value.replaceAll("'", '>'));
    expect(next?.name).toBe('b');
  });

  test.each([65_529, 65_530, 65_531, 65_532, 65_533, 65_534, 65_535, 65_536, 300_000])(
    'passes over a comment of %i characters',
    async (length) => {
      const tags = await scan(`<!--${'-'.repeat(length)} <no/> --><yes/>`);
      expect(tags.map(({ name }) => name)).toEqual(['yes']);
    },
  );

  test.each([
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a/>', /DOCTYPE/],
    ['a CDATA section', '<a><![CDATA[x]]></a>', /never have/],
    ['an unknown entity', '<a x="&bomb;"/>', /&bomb;/],
    ['a tag without an end', '<a x="1"', /cut/],
    ['a comment without an end', '<!-- never ends', /cut/],
    ['the same attribute twice', '<a x="1" x="2"/>', /twice/],
    ['attributes without quotes', '<a x=1/>', /malformed/],
    ['a tag without a name', '< a/>', /no tag/],
    [
      'a tag larger than any',
      `<a x="${'y'.repeat(17 * 2 ** 20)}"/>${' '.repeat(70_000)}`,
      /more than 16777216 bytes/,
    ],
    [
      'more attributes than any tag has',
      `<a ${Array.from({ length: 65_537 }, (_, at) => `b${at}=""`).join(' ')}/>`,
      /more than 65536 attributes/,
    ],
    ['an unknown character encoding', '<?xml version="1.0" encoding="UTF-16"?><a/>', /UTF-16/],
    ['bytes that are not UTF-8', Uint8Array.of(60, 97, 0xff, 62), /UTF-8/],
  ])('rejects %s', async (_, content, message) => {
    const error: unknown = await scan(content).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({
      path: 'case.vtu',
      offset: expect.any(Number) as number,
      message: expect.stringMatching(message) as string,
    });
  });

  property(
    'gives back any attribute value that was escaped',
    [fc.string({ unit: 'grapheme' })],
    async (value) => {
      const clean = value.replaceAll(/[\t\r\n]/g, ' ');
      const escaped = clean.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
      const [tag] = await scan(`<a x="${escaped}"/>`);
      expect(tag?.attributes.get('x')).toBe(clean);
    },
  );

  property(
    'ends with tags or a FormatError on any bytes',
    [fc.uint8Array({ maxLength: 400 })],
    async (bytes) => {
      const content = Uint8Array.from([60, 97, 32, ...bytes]);
      await scan(content).catch((error: unknown) => expect(error).toBeInstanceOf(FormatError));
    },
  );
});
