import { expect, test, vi } from 'vitest';
import { declared, gridFile, gridPiece, parallelFile, textArray } from '../formats/small-xml.ts';
import { makeFolder } from '../temporary-folder.ts';
import { makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

/** Arrays `c` (measured) and `s` (with a stated range) of four values. */
function piece(type: string, values: readonly number[]): string {
  const range = `RangeMin="${Math.min(...values)}" RangeMax="${Math.max(...values)}"`;
  return gridFile([
    gridPiece({ pointData: textArray(type, 'c', values) + textArray(type, 's', values, range) }),
  ]);
}

test.each(['Int32', 'Int64', 'UInt8', 'Float32'])(
  'ranges of pieces with decimal numbers, declared as %s, are those of the values that are read',
  async (type) => {
    const cwd = await makeFolder({
      'a.vtu': piece('Float64', [1.25, 2.75, 3.5, 9.75]),
      'b.vtu': piece('Int16', [1, 2, 3, 4]),
      'all.pvtu': parallelFile(['a.vtu', 'b.vtu'], { pointData: declared(type, 'c') + declared(type, 's') }),
    });
    const { run } = await makeCli({ cwd });
    const [ranges, all] = await Promise.all(
      ['ranges', 'all'].map(async (what) => {
        const { stdout } = await run(['info', 'all.pvtu', '--json', '--read', what]);
        const { arrays } = JSON.parse(stdout) as { arrays: Record<string, unknown>[] };
        return arrays;
      }),
    );
    expect(ranges?.[0]).toEqual(all?.[0]);
    const { mean: _, nan: _n, ...stated } = all?.[1] ?? {};
    expect(ranges?.[1]).toMatchObject(stated);
  },
);
