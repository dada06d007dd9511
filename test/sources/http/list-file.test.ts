import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { readListFile } from '../../../src/sources/http/list-file.ts';
import { fc, test as property } from '../../property.ts';
import { failureOf } from '../../temporary-folder.ts';

function streamOf(text: string, chunkBytes = 7): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.byteLength; at += chunkBytes)
        controller.enqueue(bytes.slice(at, at + chunkBytes));
      controller.close();
    },
  });
}

const paths = async (text: string, name: string): Promise<string[]> => [
  ...(await readListFile(streamOf(text), name)).keys(),
];

describe('a list of paths', () => {
  test.each([
    ['a\nb\n', ['a', 'b']],
    ['a\r\nb', ['a', 'b']],
    ['\uFEFFa\n\n  \nb', ['a', 'b']],
    ['./b\n./a/c\n', ['a/c', 'b']],
    ['a\na\n', ['a']],
    ['a b\n#c\n', ['#c', 'a b']],
    ['.git/x\na/.y\nfiles.txt\nz', ['z']],
    ['', []],
  ])('%j holds %j', async (text, expected) => {
    expect(await paths(text, 'files.txt')).toEqual(expected);
  });

  test.each(['../x', 'a/../../x', '/etc/passwd', 'a//b', 'a/', '.', 'x\0'])(
    'never leads to %j',
    async (path) => {
      const error = await failureOf(paths(`ok\n${path}\n`, 'files.txt'));
      expect(isVascuError(error, 'FORMAT')).toBe(true);
      expect(String(error)).toContain('files.txt: line 2 ');
    },
  );

  test.each(['a.vtu?v=2', 'cases/a.vtu?sig=SECRET&x', './a.json?'])(
    'a query is refused and not repeated: %s',
    async (line) => {
      for (const [text, name] of [
        [line, 'files.txt'],
        [JSON.stringify({ path: line }), 'files.jsonl'],
      ] as const) {
        const error = await failureOf(paths(`ok\n${text}`.replace(/^ok\n(?=\{)/, ''), name));
        expect(isVascuError(error, 'FORMAT') && error.message).toMatch(/with a query/);
        expect(String(error)).not.toContain('SECRET');
      }
    },
  );

  test('a name with a "?" in it is one', async () => {
    expect(await paths('what?/a?b.vtu\n', 'files.txt')).toEqual(['what?/a?b.vtu']);
  });

  test('an endless line is refused', async () => {
    const error = await failureOf(readListFile(streamOf('x'.repeat(100_000), 50_000), 'files.txt'));
    expect(isVascuError(error, 'FORMAT')).toBe(true);
  });
});

describe('a list that Windows made', () => {
  const ENCODINGS = {
    'UTF-16 LE': (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]),
    'UTF-16 BE': (text: string) =>
      Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]),
    'UTF-8 with BOM': (text: string) => Buffer.from(`\uFEFF${text}`),
    'UTF-8': (text: string) => Buffer.from(text),
  };
  const LINES = ['a.vtu', 'cases\\größe\\b.vtu', '.\\cases\\𝒳.vtu', 'with/slash\\c.vtu'];
  const EXPECTED = ['a.vtu', 'cases/größe/b.vtu', 'cases/𝒳.vtu', 'with/slash/c.vtu'];

  function bodyOf(bytes: Uint8Array, chunkBytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.byteLength; at += chunkBytes)
          controller.enqueue(Uint8Array.from(bytes.subarray(at, at + chunkBytes)));
        controller.close();
      },
    });
  }

  test.each(Object.entries(ENCODINGS))('in %s, whatever pieces it comes in', async (_, encode) => {
    for (const chunkBytes of [1, 3, 1000]) {
      const text = await readListFile(bodyOf(encode(LINES.join('\r\n')), chunkBytes), 'files.txt');
      expect([...text.keys()]).toEqual(EXPECTED);
      const objects = LINES.map((path) => `${JSON.stringify({ path, size: 1 })}\r\n`).join('');
      const json = await readListFile(bodyOf(encode(objects), chunkBytes), 'files.jsonl');
      expect([...json.keys()]).toEqual(EXPECTED);
    }
  });

  test('in UTF-16 with LF alone', async () => {
    const found = await readListFile(bodyOf(ENCODINGS['UTF-16 LE'](LINES.join('\n')), 5), 'files.txt');
    expect([...found.keys()]).toEqual(EXPECTED);
  });

  test.each(['C:\\data\\a.vtu', 'd:/data/a.vtu', '\\\\host\\share\\a.vtu'])('%s is named', async (line) => {
    const error = await failureOf(paths(`ok.vtu\r\n${line}\r\n`, 'files.txt'));
    expect(isVascuError(error, 'FORMAT') && error.message).toMatch(/line 2 .*Windows.*Get-ChildItem/);
  });

  test('a backslash in another list is a part of the name', async () => {
    expect(await paths('odd\\name.vtu\n', 'files.txt')).toEqual(['odd\\name.vtu']);
  });

  test('spaces behind a name, as "echo" leaves them, are none of it', async () => {
    expect(await paths('cases\\a.vtu \r\n b.vtu\t\r\n', 'files.txt')).toEqual([' b.vtu', 'cases/a.vtu']);
    expect(await paths('a.vtu \n', 'files.txt')).toEqual(['a.vtu ']);
  });

  test.each(['utf-16le', 'utf-16be', 'utf-32le'])('in %s without a mark is named', async (encoding) => {
    const bytes = encoding === 'utf-32le' ? Buffer.alloc(20, 'a\0\0\0') : Buffer.from('a.vtu\r\n', 'utf16le');
    const body = bodyOf(encoding === 'utf-16be' ? bytes.swap16() : bytes, 100);
    const error = await failureOf(readListFile(body, 'files.txt'));
    expect(isVascuError(error, 'FORMAT') && error.message).toMatch(
      /^files\.txt: line 1 .*UTF-16.*save it as UTF-8/,
    );
  });

  test.each([
    ['Windows', 'sub\r\nsub\\deep\r\nsub\\deep\\a.vtu\r\nsub-b\r\n'],
    ['find', './sub\n./sub-b\n./sub/deep\n./sub/deep/a.vtu\n'],
  ])('folders that %s lists beside their files are passed over', async (_, text) => {
    expect(await paths(text, 'files.txt')).toEqual(['sub-b', 'sub/deep/a.vtu']);
  });

  test('a list of one byte, and of none', async () => {
    expect(await paths('x', 'files.txt')).toEqual(['x']);
    expect(await paths('', 'files.txt')).toEqual([]);
  });
});

describe('a list of objects', () => {
  test('gives what each line says', async () => {
    const sha256 = 'AB'.repeat(32);
    const text = [
      { path: 'b', size: 1 },
      { path: 'a', size: 2, sha256, extra: true },
      { path: 'c', size: 3, modified: '2026-01-01T00:00:00.5Z' },
      { path: 'd', modified: '2026-01-01T00:00:00Z' },
      { path: 'e', size: null, sha256: null },
    ]
      .map((entry) => JSON.stringify(entry))
      .join('\n');
    const files = [...(await readListFile(streamOf(text), 'files.jsonl')).values()];
    expect(files.map(({ path, size, version }) => [path, size, version])).toEqual([
      ['a', 2, `sha256:${sha256.toLowerCase()}`],
      ['b', 1, undefined],
      ['c', 3, 'listed:3-1767225600500'],
      ['d', undefined, undefined],
      ['e', undefined, undefined],
    ]);
    expect(files[0]?.checksum).toEqual({ algorithm: 'sha256', value: sha256.toLowerCase() });
  });

  test.each([
    'text',
    '[]',
    'null',
    '{"size":1}',
    '{"path":1}',
    '{"path":"a","size":-1}',
    '{"path":"a","size":1.5}',
    '{"path":"a","size":"1"}',
    '{"path":"a","sha256":"abc"}',
    '{"path":"a","modified":5}',
    '{"path":"a","modified":"yesterday"}',
    '{"path":"../a"}',
    '{"path":"ok","size":2}',
  ])('refuses %s with its line', async (line) => {
    const error = await failureOf(readListFile(streamOf(`{"path":"ok"}\n${line}`), 'files.jsonl'));
    expect(isVascuError(error, 'FORMAT')).toBe(true);
    expect(String(error)).toContain('line 2');
  });

  test('refuses a path that is named again and differently with the line of the later one, wherever they stand', async () => {
    const lines = ['{"path":"b","size":1}', '{"path":"z"}', '', '{"path":"a"}', '{"path":"b","size":2}'];
    const error = await failureOf(readListFile(streamOf(lines.join('\n')), 'files.jsonl'));
    expect(String(error)).toContain('files.jsonl: line 5 names "b" again, and differently');
  });

  test('gives a file by its path, and the files below a folder', async () => {
    const text = ['b/2', 'a', 'b/1', 'b', 'bb', 'größe/1'].map((path) => JSON.stringify({ path, size: 1 }));
    const files = await readListFile(streamOf(text.join('\n')), 'files.jsonl');
    expect(['a', 'b', 'b/2', 'größe/1', 'c', 'b/'].map((path) => files.get(path)?.path)).toEqual([
      'a',
      'b',
      'b/2',
      'größe/1',
      undefined,
      undefined,
    ]);
    expect([...files.rowsOf('b/')].map((row) => files.at(row).path)).toEqual(['b/1', 'b/2']);
    expect(['b/', 'g', 'x', ''].map((prefix) => files.hasPrefix(prefix))).toEqual([true, true, false, true]);
  });

  property(
    'is the same however the bytes are cut, and in the order of paths',
    [
      fc.uniqueArray(
        fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => /^[^./\0][^/\0]*$/.test(text)),
      ),
      fc.integer({ min: 1, max: 40 }),
    ],
    async (names, chunkBytes) => {
      const text = names.map((path) => `${JSON.stringify({ path })}\n`).join('');
      const files = await readListFile(streamOf(text, chunkBytes), 'files.jsonl');
      expect([...files.keys()]).toEqual(names.toSorted());
    },
  );
});
