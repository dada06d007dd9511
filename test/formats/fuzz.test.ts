import { test } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import { fixtures } from '../fixtures/fixtures.ts';
import { memoryFile } from '../memory-file.ts';
import { buildFile, storages } from './built-file.ts';
import { expectSoundOrRefused } from './mutations.ts';
import { pair, polyhedralFile } from './polyhedral-file.ts';
import { random } from './sound-mesh.ts';
import { vtkXmlReader } from './vtk-xml-reader.ts';

/** Files that VTK 9.1 wrote, and polyhedra as later ones write them. */
const originals = [
  ...fixtures,
  ...storages.map(([name, storage]) => ({
    name: `polyhedra, ${name}`,
    bytes: buildFile(polyhedralFile([pair], 'shared', ['Int64', 'Int32', 'UInt8']), storage),
  })),
];

/** Mutated files an original; 20 originals make 20,000 of them. */
const PER_FIXTURE = 1000;
const seed = Number(process.env['VASCUSIM_FUZZ_SEED'] ?? 20_261_124);

const numbers = ['0', '-1', '1', '3', '255', '256', '4294967295', '99999999999999999999', '1e9', 'nan', ''];

/** The file with one to four random changes: bytes, numbers in the header, parts removed, repeated or swapped in. */
function mutate(bytes: Uint8Array, next: () => number, other: Uint8Array): Uint8Array {
  const pick = (limit: number): number => Math.floor(next() * limit);
  let file = Buffer.from(bytes);
  for (let change = pick(4); change >= 0; change--) {
    const at = pick(file.length);
    const length = 1 + pick(next() < 0.8 ? 16 : file.length / 2);
    switch (pick(7)) {
      case 0:
        file[at] = pick(256);
        break;
      case 1:
        file[at] = (file[at] as number) ^ (1 << pick(8));
        break;
      case 2:
        file = Buffer.concat([file.subarray(0, at), file.subarray(at + length)]);
        break;
      case 3:
        file = Buffer.concat([file.subarray(0, at), file.subarray(at, at + length), file.subarray(at)]);
        break;
      case 4:
        file = Buffer.concat([
          file.subarray(0, at),
          other.subarray(at, at + length),
          file.subarray(at + length),
        ]);
        break;
      case 5: {
        // One of the numbers between quotes becomes another one.
        const places = [...file.toString('latin1').matchAll(/"(\d+)"/g)];
        const place = places[pick(places.length)];
        if (place === undefined) break;
        const [whole] = place;
        const value = numbers[pick(numbers.length)] as string;
        file = Buffer.concat([
          file.subarray(0, place.index),
          Buffer.from(`"${value}"`),
          file.subarray(place.index + whole.length),
        ]);
        break;
      }
      default:
        file.fill(pick(256), at, Math.min(at + length, file.length));
    }
    if (file.length === 0) return file;
  }
  return file;
}

test.each(originals.map(({ name, bytes }, index) => [name, bytes, index] as const))(
  `${PER_FIXTURE} mutations of %s (seed ${seed}) give a sound mesh or a FormatError`,
  async (_, bytes, index) => {
    const next = random(seed + index);
    await expectSoundOrRefused(PER_FIXTURE, async (label) => {
      const other = fixtures[Math.floor(next() * fixtures.length)]?.bytes ?? bytes;
      const file = mutate(bytes, next, other);
      try {
        return await vtkXmlReader.read(memoryFile(file), { path: label });
      } catch (error) {
        if (!(error instanceof FormatError)) throw new Error(label, { cause: error });
        return undefined;
      }
    });
  },
  120_000,
);
