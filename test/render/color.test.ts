import { describe, expect, test } from 'vitest';
import { colorAt, colorTable, parseColor, TABLE_SIZE } from '../../src/render/color.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';

function distance(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((value, channel) => Math.abs(value - (other[channel] as number))));
}

describe('colour maps', () => {
  // Colours of matplotlib's viridis between those that ours is made from.
  test.each<[number, number[]]>([
    [7, [70, 11, 94]],
    [97, [44, 115, 142]],
    [128, [33, 145, 140]],
    [200, [112, 207, 87]],
    [242, [221, 227, 24]],
    [252, [246, 230, 32]],
  ])('colour %i of viridis is that of matplotlib', (index, color) => {
    expect(distance(colorAt('viridis', index / 255), color)).toBeLessThanOrEqual(4);
  });

  test.each(['viridis', 'greys'] as const)('%s grows lighter all the way', (map) => {
    const lightness = Array.from({ length: 101 }, (_, step) => {
      const [red, green, blue] = colorAt(map, step / 100);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
    for (const [step, value] of lightness.slice(1).entries())
      expect(value).toBeGreaterThan(lightness[step] as number);
  });

  test('beyond its ends a map has the colours of its ends', () => {
    expect([colorAt('viridis', -3), colorAt('viridis', 7)]).toEqual([
      colorAt('viridis', 0),
      colorAt('viridis', 1),
    ]);
  });

  test('the table has the same colours', () => {
    const table = colorTable('cool-warm');
    for (const index of [0, 100, 511, 512, TABLE_SIZE - 1])
      expect([...table.subarray(3 * index, 3 * index + 3)]).toEqual(
        colorAt('cool-warm', index / (TABLE_SIZE - 1)),
      );
  });

  test('colours are read in both forms of CSS', () => {
    expect(parseColor('background', '#0af')).toEqual([0, 170, 255]);
    expect(parseColor('background', '102030')).toEqual([16, 32, 48]);
    expect(() => parseColor('background', '#12345')).toThrow(/background is "#12345"/);
  });
});

describeWithVtk('cool-warm beside VTK', () => {
  test('is the diverging map of vtkColorTransferFunction', () => {
    for (const [step, color] of (runVtk('color_maps.py') as number[][]).entries())
      expect(distance(colorAt('cool-warm', step / 100), color), `step ${step}`).toBeLessThanOrEqual(2);
  });
});
