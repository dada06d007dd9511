import { expect, test } from 'vitest';
import { FormatError } from '../../../src/core/errors.ts';
import type { Mesh } from '../../../src/core/mesh.ts';
import { open } from '../../../src/formats/vtk-legacy/legacy-file.ts';
import { memoryFile } from '../../memory-file.ts';
import { expectSoundOrRefused } from '../mutations.ts';
import { expectSound, random } from '../sound-mesh.ts';
import { plainMesh } from './as-vtk-reads.ts';
import { type LegacyContent, type LegacyStyle, PLAIN_STYLE, writeLegacy } from './legacy-writer.ts';
import { sampleGrid as grid, samplePoly as poly } from './sample-files.ts';

const binary: LegacyStyle = { ...PLAIN_STYLE, encoding: 'binary' };

/** A file that ends with a `long`. */
const longLast: LegacyContent = {
  ...poly,
  pointData: [{ keyword: 'FIELD', name: 'count', type: 'long', components: 1, values: [7, 9, 0, 2, 1] }],
};

const originals = [
  ['grid, text', grid, PLAIN_STYLE],
  ['grid, text, old cells', grid, { ...PLAIN_STYLE, version: '4.2', cells: 'listed', extras: true }],
  ['grid, binary', grid, binary],
  ['grid, binary, old cells', grid, { ...binary, version: '3.0', cells: 'listed', feedBehindData: false }],
  ['PolyData, text, old cells', poly, { ...PLAIN_STYLE, cells: 'listed' }],
  ['PolyData, binary', poly, { ...binary, extras: true }],
  ['PolyData, binary, a long at the end', longLast, binary],
  ['PolyData, binary, a long of 4 bytes at the end', longLast, { ...binary, longBytes: 4 }],
] as const satisfies readonly (readonly [string, LegacyContent, LegacyStyle])[];

async function read(bytes: Uint8Array, path: string): Promise<Mesh> {
  return (await open(memoryFile(bytes), { path })).read({});
}

/** The mesh, or undefined where the file is refused as it must be. */
async function readOrRefuse(bytes: Uint8Array, path: string): Promise<Mesh | undefined> {
  try {
    return await read(bytes, path);
  } catch (error) {
    if (!(error instanceof FormatError)) throw new Error(path, { cause: error });
    expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.offset).toBeLessThanOrEqual(bytes.length);
    return undefined;
  }
}

type Plain = Record<string, { readonly arrays: readonly [string, unknown][] }>;

test.each(originals)(
  '%s, cut at every byte: what is read is right, the rest a FormatError',
  async (_, content, style) => {
    const bytes = writeLegacy(content, style);
    const whole = plainMesh(await read(bytes, 'whole')) as Plain;
    let refused = 0;
    for (let length = 0; length < bytes.length; length++) {
      const mesh = await readOrRefuse(bytes.subarray(0, length), `cut at ${length}`);
      if (mesh === undefined) {
        refused++;
        continue;
      }
      expectSound(mesh);
      const plain = plainMesh(mesh) as Plain;
      // Nothing tells that a number at the end of text had further digits, nor that further arrays followed.
      const isInNumber =
        style.encoding === 'ascii' && /[\w.]/.test(String.fromCharCode(bytes[length] as number));
      for (const section of ['pointData', 'cellData', 'fieldData']) {
        const arrays = plain[section]?.arrays ?? [];
        const known = whole[section]?.arrays ?? [];
        const checked = isInNumber ? arrays.slice(0, -1) : arrays;
        for (const [index, array] of checked.entries())
          expect(array, `cut at ${length}`).toEqual(known[index]);
      }
    }
    expect(refused).toBeGreaterThan(bytes.length / 2);
  },
);

/** Mutated files an original; eight originals make 16,000 of them. */
const PER_ORIGINAL = 2000;
const seed = Number(process.env['VASCUSIM_FUZZ_SEED'] ?? 20_261_130);

const replacements = [
  '0',
  '-1',
  '1',
  '3',
  '256',
  '2147483647',
  '4294967296',
  '99999999999',
  '1e9',
  'nan',
  '',
];
const words = [
  'POINTS',
  'CELLS',
  'OFFSETS',
  'METADATA',
  'FIELD',
  'POINT_DATA',
  'long',
  'string',
  'float',
  'bit',
  'BINARY',
  'ASCII',
];

/** The file with one to four random changes: bytes, numbers and words, parts removed, repeated or swapped in. */
function mutate(bytes: Uint8Array, next: () => number, other: Uint8Array): Uint8Array {
  const pick = (limit: number): number => Math.floor(next() * limit);
  let file = Buffer.from(bytes);
  const replace = (pattern: RegExp, choices: readonly string[]): void => {
    const places = [...file.toString('latin1').matchAll(pattern)];
    const place = places[pick(places.length)];
    if (place === undefined) return;
    const [whole] = place;
    const changed = Buffer.from(choices[pick(choices.length)] as string);
    file = Buffer.concat([file.subarray(0, place.index), changed, file.subarray(place.index + whole.length)]);
  };
  for (let change = pick(4); change >= 0; change--) {
    const at = pick(file.length);
    const length = 1 + pick(next() < 0.8 ? 16 : file.length / 2);
    const parts = [file.subarray(0, at), file.subarray(at, at + length), file.subarray(at + length)] as const;
    switch (pick(8)) {
      case 0:
        file[at] = pick(256);
        break;
      case 1:
        file[at] = (file[at] as number) ^ (1 << pick(8));
        break;
      case 2:
        file = Buffer.concat([parts[0], parts[2]]);
        break;
      case 3:
        file = Buffer.concat([parts[0], parts[1], parts[1], parts[2]]);
        break;
      case 4:
        file = Buffer.concat([parts[0], other.subarray(at, at + length), parts[2]]);
        break;
      case 5:
        replace(/(?<=[ \n])\d+(?=[ \n])/g, replacements);
        break;
      case 6:
        replace(/[A-Za-z_]{3,}/g, words);
        break;
      default:
        file.fill(pick(256), at, Math.min(at + length, file.length));
    }
    if (file.length === 0) return file;
  }
  return file;
}

test.each(
  originals.map(([name, content, style], index) => [name, writeLegacy(content, style), index] as const),
)(
  `${PER_ORIGINAL} mutations of %s (seed ${seed}) give a sound mesh or a FormatError`,
  async (_, bytes, index) => {
    const next = random(seed + index);
    const others = originals.map(([, content, style]) => writeLegacy(content, style));
    await expectSoundOrRefused(PER_ORIGINAL, (label) => {
      const other = others[Math.floor(next() * others.length)] as Uint8Array;
      return readOrRefuse(mutate(bytes, next, other), label);
    });
  },
  120_000,
);
