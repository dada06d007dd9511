import { expect, test } from 'vitest';
import { parseJson } from '../../src/core/lenient-json.ts';
import { writeJson } from '../../src/core/write-json.ts';
import { fc, test as property } from '../property.ts';

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    fc.double(),
    fc.constantFrom(NaN, Infinity, -Infinity, -0, null, true),
    fc.string(),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('any'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).any;

property('is read back as it was', [value], (each) => {
  expect(parseJson(writeJson(each), 'text')).toEqual(each);
});

test('is what JSON.stringify writes where that holds it', () => {
  const plain = { a: [1, 'x', null, { b: [] }], ['é']: 1e-7 };
  expect(writeJson(plain)).toBe(JSON.stringify(plain));
});

test('leaves out what JSON has no form for', () => {
  expect(writeJson({ a: undefined, b: NaN, c: () => 1, d: [undefined, Infinity], e: new Date(0) })).toBe(
    '{"b":NaN,"d":[null,Infinity],"e":"1970-01-01T00:00:00.000Z"}',
  );
  expect(writeJson(undefined)).toBe('null');
});
