import { expect, test } from 'vitest';
import { isCollection, listReferences } from '../../src/formats/registry.ts';

test.each([
  ['<Piece Source="a_0.vtu"/><Piece Source="a_1.vtu"/>', ['p/a_0.vtu', 'p/a_1.vtu']],
  ["<Piece\n  Source = 'a/0.vtu' />", ['p/a/0.vtu']],
  ['<Piece Source="a_0.vtu"/><Piece Source="./a_0.vtu"/>', ['p/a_0.vtu']],
  ['<Piece Source="a&amp;b&#x20;&#99;.vtu"/>', ['p/a&b c.vtu']],
  ['<Piece Source="..\\up.vtu"/>', ['up.vtu']],
  ['<Piece Source="../../out.vtu"/><Piece Source="/etc/passwd"/>', []],
  ['<Piece NumberOfPoints="4"/><PieceX Source="x.vtu"/><Piece DataSource="y.vtu"/>', []],
])('%s names %j', (text, expected) => {
  expect(listReferences(new TextEncoder().encode(text), 'p/case.pvtu')).toEqual(expected);
});

test('a collection is told by its extension', () => {
  expect(['a.pvtu', 'a.PVTP', 'a.vtu', 'pvtu', 'a.pvtu.json'].map(isCollection)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
