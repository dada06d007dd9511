import { describe, expect, test } from 'vitest';
import { viewNames } from '../../../src/render/camera.ts';
import { colorMapNames } from '../../../src/render/color.ts';
import { axesOf, roundCamera, turnAxes, turnOf } from '../../../src/view/page/camera-text.ts';
import { formatLink, formatShown, type Link, parseLink } from '../../../src/view/page/link.ts';
import { fc, test as testRule } from '../../property.ts';

const number = fc
  .double({ noDefaultInfinity: true, noNaN: true, min: -1e9, max: 1e9 })
  .map((value) => value + 0);
const plane = fc.tuple(number, number, number, number).filter(([x, y, z]) => x !== 0 || y !== 0 || z !== 0);
const camera = fc
  .tuple(number, number, number, fc.double({ min: 0.01, max: 100, noNaN: true }))
  .map(([around, over, shift, zoom]) =>
    roundCamera({
      turn: turnOf(
        turnAxes(
          [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
          around,
          over,
        ),
      ),
      target: [shift / 1e9, 0.25, -1],
      zoom,
    }),
  );
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined });
const text = fc.string({ unit: 'binary', minLength: 1 });
const links: fc.Arbitrary<Link> = fc.record({
  sample: maybe(text),
  field: maybe(fc.oneof(text, fc.constant(''))),
  component: maybe(fc.constantFrom('x', 'y', 'z', '0', '12')),
  step: fc.nat({ max: 999_999 }),
  range: maybe(
    fc.oneof(
      fc.constant('all' as const),
      fc.tuple(number, number).filter(([low, high]) => low < high),
    ),
  ),
  isLog: fc.boolean(),
  map: maybe(fc.constantFrom(...colorMapNames)),
  view: fc.constantFrom(...viewNames),
  camera: maybe(camera),
  hasEdges: fc.boolean(),
  isLit: fc.boolean(),
  clip: maybe(plane),
  slice: maybe(plane),
  compare: maybe(text),
  isDifference: fc.boolean(),
});

describe('link', () => {
  testRule('what was written is read as it was', [links], (link) => {
    expect(parseLink(`#${formatLink(link)}`)).toEqual({ link, faults: [] });
  });

  test('defaults are left out, and what is drawn always has its sample, field and step', () => {
    const { link } = parseLink('');
    expect(formatLink(link)).toBe('');
    expect(formatShown({ ...link, hasEdges: true }, 'a/b c', '', 0)).toBe(
      'sample=a/b+c&field=&step=0&edges=1',
    );
  });

  test.each([
    'step=-1',
    'step=1.5',
    'range=2,1',
    'range=1',
    'scale=cubic',
    'map=jet',
    'view=behind',
    'camera=1,2',
    'camera=0,0,0,9,0,0,0,1',
    'edges=maybe',
    'clip=0,0,0,1',
    'slice=1,2,3',
    'slice=1,0,0,x',
    'component=w',
    'show=sum',
  ])('of %s it is said that it cannot be read, and the rest is read', (wrong) => {
    const { link, faults } = parseLink(`#${wrong}&sample=here`);
    expect(faults).toEqual([expect.stringContaining(wrong)]);
    expect(link).toEqual({ ...parseLink('').link, sample: 'here' });
  });
});

testRule('directions are those of their quaternion', [camera], ({ turn }) => {
  const again = turnOf(axesOf({ turn }));
  const cosine = again.reduce((sum, value, at) => sum + value * (turn[at] as number), 0);
  expect(Math.abs(cosine)).toBeCloseTo(1, 5);
});
