import { describe, expect, onTestFinished, test } from 'vitest';
import { MemoryKeeper } from '../../src/archives/memory-keeper.ts';
import { POINT_SPACING_BYTES, RestartPoints } from '../../src/archives/restart-points.ts';
import { packChunk, packPoint, type RestartPoint } from '../../src/archives/restart-state.ts';
import { withArchives } from '../../src/archives/with-archives.ts';
import { IntegrityError } from '../../src/core/errors.ts';
import type { Keeper } from '../../src/core/keeper.ts';
import { buildZip } from './build-zip.ts';
import { CountingSource, meshLike, readAll } from './counting-source.ts';

const { signal } = new AbortController();

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Keeper that takes its time and, as the cache does, lets stay what is there: of another size it is an error. */
class SlowKeeper implements Keeper {
  readonly kept = new Map<string, Uint8Array<ArrayBuffer>>();
  /** What is called after each change. */
  onChange: (() => void) | undefined;
  failures = 0;

  async keep(path: string, _: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await turns(5);
    if (this.failures-- > 0) throw new Error('no line');
    const there = this.kept.get(path);
    if (there !== undefined && there.length !== bytes.length)
      throw new IntegrityError('of another size', String(bytes.length), String(there.length));
    if (there === undefined) this.kept.set(path, bytes);
    this.onChange?.();
  }

  async recall(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    await turns(1);
    return this.kept.get(path);
  }

  async forget(path: string): Promise<void> {
    await turns(1);
    this.kept.delete(path);
    this.onChange?.();
  }
}

function point(number: number): RestartPoint {
  const output = number * POINT_SPACING_BYTES;
  const state = { word: 0, stored: 0, codes: 0, lengths: new Uint8Array(0), window: new Uint8Array(number) };
  return { input: number, output, crc: 0, memberOutput: output, memberCrc: 0, state };
}

async function numbersIn(keeper: Keeper, upTo: number): Promise<number[]> {
  const points = new RestartPoints(keeper, 'x', '1');
  const found: number[] = [];
  for (let number = 1; number <= upTo; number++) {
    const nearest = await points.before(number * POINT_SPACING_BYTES, signal);
    if (nearest?.input === number) found.push(number);
  }
  return found;
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('restart points', () => {
  test('that come faster than they are kept are all kept', async () => {
    const keeper = new SlowKeeper();
    const points = new RestartPoints(keeper, 'x', '1');
    for (const number of upTo(10)) {
      points.add(number, point(number));
      await turns(2);
    }
    await points.flush();
    expect(await numbersIn(keeper, 10)).toEqual(upTo(10));
    // Of each chunk one state stays.
    expect(keeper.kept.size).toBe(3);
  });

  test('that two passes of one member leave at once are all kept', async () => {
    const keeper = new SlowKeeper();
    const [slow, fast] = [new RestartPoints(keeper, 'x', '1'), new RestartPoints(keeper, 'x', '1')];
    slow.add(1, point(1));
    await turns(2);
    for (const number of upTo(10)) fast.add(number, point(number));
    await turns(2);
    for (const number of upTo(10)) slow.add(number, point(number));
    await Promise.all([slow.flush(), fast.flush()]);
    expect(await numbersIn(keeper, 10)).toEqual(upTo(10));
  });

  test('whose keeping failed are kept with the next ones', async () => {
    const keeper = new SlowKeeper();
    keeper.failures = 2;
    const points = new RestartPoints(keeper, 'x', '1');
    points.add(1, point(1));
    await points.flush();
    expect(keeper.kept.size).toBe(0);
    points.add(2, point(2));
    await points.flush();
    expect(await numbersIn(keeper, 2)).toEqual([1, 2]);
  });

  test('that were kept are never lost between two steps of keeping more', async () => {
    const keeper = new SlowKeeper();
    const states: Map<string, Uint8Array<ArrayBuffer>>[] = [];
    keeper.onChange = () => void states.push(new Map(keeper.kept));
    const points = new RestartPoints(keeper, 'x', '1');
    for (const number of upTo(7)) {
      points.add(number, point(number));
      await points.flush();
    }
    let most = 0;
    for (const state of states) {
      const left = new SlowKeeper();
      for (const [path, bytes] of state) left.kept.set(path, bytes);
      const found = await numbersIn(left, 7);
      expect(found.length).toBeGreaterThanOrEqual(most);
      most = found.length;
    }
    expect(most).toBe(7);
  });

  test('tell the last one that is known', async () => {
    const keeper = new MemoryKeeper();
    const points = new RestartPoints(keeper, 'x', '1');
    expect(await points.last(signal)).toBeUndefined();
    for (const number of upTo(6)) points.add(number, point(number));
    await points.flush();
    expect((await new RestartPoints(keeper, 'x', '1').last(signal))?.input).toBe(6);
  });

  test('that nothing can go on from are forgotten, and the member is read from its front', async () => {
    const content = meshLike(POINT_SPACING_BYTES + 100_000);
    const inner = new CountingSource();
    inner.put('a.zip', buildZip([{ name: 'x.vtu', data: content }]));
    const keeper = new MemoryKeeper();
    const recall = keeper.recall.bind(keeper);
    const { state } = point(1);
    // As many codes as no block has.
    const bad = { ...point(1), input: 1000, state: { ...state, word: 0xffffffff, codes: 0xffffffff } };
    let isBad = true;
    keeper.recall = (path, version) =>
      isBad && path.includes('#points-0')
        ? Promise.resolve(packChunk(new Map([[1, packPoint({ ...bad, output: bad.output - 10 })]])))
        : recall(path, version);
    keeper.forget = async (path) => {
      if (path.includes('#points-0')) isBad = false;
    };
    const source = withArchives(inner, { keeper });
    onTestFinished(() => source[Symbol.asyncDispose]());
    const range = { start: POINT_SPACING_BYTES + 10, end: POINT_SPACING_BYTES + 50 };
    const bytes = await readAll(source, 'a.zip/x.vtu', { range });
    expect(bytes.equals(content.subarray(range.start, range.end))).toBe(true);
    expect(isBad).toBe(false);
  });
});
