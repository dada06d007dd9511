import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { mapLimited } from '../../../src/core/limit.ts';
import type { SmbSourceOptions } from '../../../src/sources/smb/options.ts';
import { SmbSource } from '../../../src/sources/smb/smb-source.ts';
import { describeWithSamba } from '../../servers/describe-with-samba.ts';
import { withPrefix } from '../../servers/frame-proxy.ts';
import { PASSWORD, type Samba, startSamba, USERNAME } from '../../servers/samba.ts';
import { type RecordedFrame, recordingDial, repeatableRandom, replayingDial } from './recorded-server.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 30_000 });

const CONTENT = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * index) % 251));
/** Runs at a time. */
const CONCURRENCY = 16;

/** A seeded generator (mulberry32) of numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Everything a source is used for. */
async function useSource(source: SmbSource): Promise<Buffer> {
  await source.describe();
  await source.listShares();
  await source.listDirectory('sims');
  const paths: string[] = [];
  for await (const { path } of source.list({ prefix: 'sims/folder/' })) paths.push(path);
  const entry = await source.stat('sims/folder/small.vtu');
  const small = await source.open('sims/folder/small.vtu', { ifVersion: entry.version });
  for await (const _ of small.body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await source.open('sims/large.vtu')).body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const VALUES = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
];

/** Changes a recording in one way; the frames have their lengths before them. */
function mutate(frames: (RecordedFrame | undefined)[], random: () => number): void {
  const pick = (limit: number): number => Math.floor(random() * limit);
  const index = pick(frames.length);
  const recorded = frames[index] as RecordedFrame;
  const bytes = Buffer.from(recorded.frame);
  if (bytes.length < 8) return;
  // What says how the rest is to be read stands at the beginning, mostly.
  const place = (width: number): number =>
    Math.max(0, Math.min(bytes.length - width, random() < 0.8 ? 4 + pick(200) : pick(bytes.length)));
  let changed: Buffer = bytes;
  switch (pick(9)) {
    case 0:
      bytes[place(1)] = pick(256);
      break;
    case 1:
      bytes.writeUInt16LE((VALUES[pick(VALUES.length)] as number) & 0xffff, place(2));
      break;
    case 2:
      bytes.writeUInt32LE(VALUES[pick(VALUES.length)] as number, place(4));
      break;
    case 3:
      for (let count = pick(8); count >= 0; count--) bytes[place(1)] = pick(256);
      break;
    case 4:
      changed = withPrefix(bytes.subarray(4, 4 + pick(bytes.length)));
      break;
    case 5:
      changed = bytes.subarray(0, pick(bytes.length)); // and the next frame in the middle of this one
      break;
    case 6:
      changed = Buffer.concat([bytes, bytes]);
      break;
    case 7:
      changed = frames[pick(frames.length)]?.frame ?? bytes;
      break;
    default: {
      // A length or an offset that is a little off.
      const at = place(2);
      bytes.writeUInt16LE((bytes.readUInt16LE(at) + pick(5) - 2) & 0xffff, at);
    }
  }
  frames[index] = { ...recorded, frame: changed };
}

describeWithSamba('SmbSource and servers that send garbage', () => {
  describe.each<[string, number, readonly string[], Partial<SmbSourceOptions>]>([
    ['2.0.2, unprotected', 10_000, ['server max protocol = SMB2_02'], { signing: 'if-required' }],
    ['2.1, unprotected', 6000, ['server max protocol = SMB2_10'], { signing: 'if-required' }],
    ['3.1.1, signed', 3000, [], {}],
    ['3.1.1, encrypted', 3000, ['server smb encrypt = required'], {}],
  ])('%s', (_, runs, global, client) => {
    let samba: Samba;
    const recording: RecordedFrame[] = [];
    const options = (): SmbSourceOptions => ({
      host: samba.host,
      port: samba.port,
      username: USERNAME,
      password: PASSWORD,
      ...client,
    });

    beforeAll(async () => {
      samba = await startSamba({ global });
      await mkdir(join(samba.folder, 'folder'));
      await writeFile(join(samba.folder, 'folder/small.vtu'), 'content');
      await writeFile(join(samba.folder, 'large.vtu'), CONTENT);
      const parts = { dial: recordingDial(recording), random: repeatableRandom() };
      await using source = new SmbSource(options(), parts);
      expect((await useSource(source)).equals(CONTENT)).toBe(true);
    });
    afterAll(() => samba?.[Symbol.asyncDispose]());

    /** What a replay ends with: the file, an error, or nothing within ten seconds. */
    async function replay(
      frames: readonly (RecordedFrame | undefined)[],
      cut: (left: number) => number,
    ): Promise<unknown> {
      const source = new SmbSource(options(), {
        dial: replayingDial(frames, cut),
        random: repeatableRandom(),
        retryDelayMs: 0,
      });
      let timer: ReturnType<typeof setTimeout> | undefined;
      const hang = new Promise<string>((resolve) => {
        timer = setTimeout(() => resolve('hangs'), 10_000);
      });
      const outcome = await Promise.race([useSource(source).catch((error: unknown) => error), hang]);
      clearTimeout(timer);
      await source.close();
      return outcome;
    }
    const framed = (): RecordedFrame[] =>
      recording.map(({ after, frame }) => ({ after, frame: withPrefix(frame) }));

    test('the recording as it is gives the file, however its bytes are cut', async () => {
      const random = generator(1);
      for (const cut of [(left: number) => left, () => 1 + Math.floor(random() * 20_000), () => 7]) {
        expect(await replay(framed(), cut)).toEqual(CONTENT);
      }
    });

    test(`${runs} changed recordings end in the file or in a typed error`, async () => {
      const bad: string[] = [];
      const kinds = new Map<string, number>();
      await mapLimited(
        Array.from({ length: runs }, (_, index) => index),
        CONCURRENCY,
        async (seed) => {
          const random = generator(seed);
          const frames: (RecordedFrame | undefined)[] = framed();
          mutate(frames, random);
          if (random() < 0.2) mutate(frames, random);
          const outcome = await replay(frames, (left) =>
            random() < 0.5 ? left : 1 + Math.floor(random() * left),
          );
          const kind = outcome instanceof Error ? outcome.name : typeof outcome;
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
          if (outcome instanceof Buffer || isVascuError(outcome)) return;
          bad.push(`seed ${seed}: ${outcome instanceof Error ? outcome.stack : String(outcome)}`);
        },
      );
      expect(bad).toEqual([]);
      expect(kinds.get('NetworkError')).toBeGreaterThan(runs / 10);
    });
  });
});
