import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { nearestPaths } from '../../src/core/nearest-paths.ts';
import { PathTemplate } from '../../src/core/path-template.ts';

function capturesOf(text: string, path: string): object | undefined {
  const template = PathTemplate.parse(text, 'samples');
  const texts = template.match(path);
  return texts && template.valuesOf(texts);
}

/** Expression that says the same, whose time may grow with any power of the length. */
function expressionOf(template: string): RegExp {
  const named = new Set<string>();
  const source = template.replaceAll(
    /\{(\w+)(:number)?\}|\*\*\/|\*+|\?|[^]/g,
    (sign, name?: string, number?: string) => {
      if (name !== undefined && named.has(name)) return `\\k<${name}>`;
      if (name !== undefined) named.add(name);
      if (number !== undefined)
        return `(?<${name}>[+-]??(?:\\d+?(?:\\.\\d+?)??|\\.\\d+?)(?:[eE][+-]??\\d+?)??)`;
      if (name !== undefined) return `(?<${name}>[^/]+?)`;
      const signs: Record<string, string> = { '**/': '(?:[^/]+/)*?', '*': '[^/]*?', '?': '[^/]' };
      if (/^\*{2,}$/.test(sign)) return '.*?';
      return signs[sign] ?? sign.replace(/[.+()[\]^$|\\/]/, '\\$&');
    },
  );
  return new RegExp(`^${source}$`, 'su');
}

describe('a template', () => {
  test.each([
    ['{case}/m={flow:number}/internal.vtu', 'c 1/m=0.0010/internal.vtu', { case: 'c 1', flow: 0.001 }],
    ['{a}_{b}.vtu', 'x_y_z.vtu', { a: 'x', b: 'y_z' }],
    ['run_{n:number}/boundary_{n}.vtp', 'run_0012/boundary_0012.vtp', { n: 12 }],
    ['run_{n}/boundary_{n}.vtp', 'run_1/boundary_2.vtp', undefined],
    ['{a}{a}.vtu', 'xyxy.vtu', { a: 'xy' }],
    [
      'S_{u:number}_{aoa:number}_{shape}/{rest}_internal.vtu',
      'S_43.6_-5.9_3_4/q_internal.vtu',
      { u: 43.6, aoa: -5.9, shape: '3_4', rest: 'q' },
    ],
    ['*{n:number}.vtu', 'run_12.vtu', { n: 12 }],
    ['**/{case}/x.vtu', 'a/b/c/x.vtu', { case: 'c' }],
    ['**/{case}/x.vtu', 'c/x.vtu', { case: 'c' }],
    ['**/{case}/x.vtu', 'x.vtu', undefined],
    ['{a}/**', 'a/b/c.vtu', { a: 'a' }],
    ['./{a}.vtu', 'x.vtu', { a: 'x' }],
    ['{a}.vtu', 'x/y.vtu', undefined],
    ['{a}.vtu', '.vtu', undefined],
    ['?{a}.vtu', '😀b.vtu', { a: 'b' }],
    ['{a}?.vtu', 'b😀.vtu', { a: 'b' }],
    ['\\{a\\}\\*{b}.vtu', '{a}*c.vtu', { b: 'c' }],
    ['[a]{b}.vtu', '[a]c.vtu', { b: 'c' }],
    ['{Fluß-1}.vtu', 'x.vtu', { 'Fluß-1': 'x' }],
    ['a.vtu', 'a.vtu', {}],
  ])('%s of %s', (template, path, captures) => {
    expect(capturesOf(template, path)).toEqual(captures);
  });

  test.each(['1', '+1', '-1.5', '.5', '1e5', '1E-5', '0012', '1.5e+3'])('takes %s for a number', (text) => {
    expect(capturesOf('{n:number}.vtu', `${text}.vtu`)).toEqual({ n: Number(text) });
    expect(capturesOf('{n:number}?.vtu', `${text}x.vtu`)).toEqual({ n: Number(text) });
  });

  test.each(['', '1.', '.', '+', 'inf', 'nan', '0x1', '1e', '1e999', '1,5', ' 1', '--1'])(
    'takes %j for no number',
    (text) => {
      expect(capturesOf('{n:number}.vtu', `${text}.vtu`)).toBeUndefined();
      expect(capturesOf('x{n:number}?.vtu', `x${text}!.vtu`)).toBeUndefined();
    },
  );

  test('finds what an expression that tries everything finds', () => {
    const signs = fc.constantFrom(
      '{a}',
      '{b}',
      '{n:number}',
      '{a}',
      '*',
      '**',
      '**/',
      '?',
      '/',
      '-',
      '1',
      'x',
      '.',
    );
    const template = fc.array(signs, { maxLength: 7 }).map((parts) => `y${parts.join('')}`);
    const path = fc
      .string({ unit: fc.constantFrom('/', '-', '1', 'x', '.', 'e', '2'), maxLength: 12 })
      .map((text) => `y${text}`);
    fc.assert(
      fc.property(template, path, (text, given) => {
        const found = expressionOf(text).exec(given);
        const template = PathTemplate.parse(text, 'samples');
        const own = template.match(given);
        expect(own?.length).toBe(found === null ? undefined : template.names.length);
        if (found !== null) expect(own).toEqual(template.names.map((name) => found.groups?.[name]));
      }),
      { numRuns: 5000 },
    );
  });

  test('gives up where names repeat in a path of equal characters that cannot match', () => {
    const template = PathTemplate.parse('{a}{b}{a}{b}.vtu', 'samples');
    for (let path = 0; path < 20; path++) expect(template.match(`${'-'.repeat(1001)}.vtu`)).toBeUndefined();
    expect(template.match('-x-x.vtu')).toEqual(['-', 'x']);
  });

  test.each(['{}', '{a', 'a}', '{a b}', '{a:text}', '{1}', '{a,b}', '{{a}}'])('refuses %s', (text) => {
    const parse = (): unknown => PathTemplate.parse(`x/${text}.vtu`, 'samples');
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(/\{name\} or \{name:number\}/);
  });

  test.each([
    '{a}-{b}-{c}-{d}-{e}-{f}.vtu',
    '{a}-{b}-{c}-{a}-{d}.vtu',
    '*-*-{a:number}*-*{b}-*.vtu',
    '**-**-**/**-{a}.vtu',
  ])('takes time that is bounded by the length: %s', (text) => {
    const template = PathTemplate.parse(text, 'samples');
    for (let path = 0; path < 20; path++) expect(template.match('-'.repeat(2000 + path))).toBeUndefined();
    expect(nearestPaths(template, ['-'.repeat(2000)])).toHaveLength(1);
  });
});

describe('the nearest paths', () => {
  const paths = [
    'LICENSE',
    '1/m=0.1/internal.vtu',
    '1/m=0.1/wall.vtp',
    '1/n=0.1/wall.vtp',
    '2/m=0.1/wall.vtp',
    'x/y/z/wall.vtp',
  ];

  test('have the most names that match, then the least different one', () => {
    const template = PathTemplate.parse('{case}/m={flow:number}/wal.vtp', 'samples');
    expect(nearestPaths(template, paths)).toEqual([
      '1/m=0.1/wall.vtp',
      '2/m=0.1/wall.vtp',
      '1/m=0.1/internal.vtu',
    ]);
  });

  test('are compared from the end where folders of any number precede', () => {
    const template = PathTemplate.parse('**/yy/{rest}/wall.vtp', 'samples');
    expect(nearestPaths(template, paths, 1)).toEqual(['x/y/z/wall.vtp']);
  });
});
