import { expect, test } from 'vitest';
import type { RandomAccess } from '../../../src/core/mesh.ts';
import { open } from '../../../src/formats/vtk-legacy/legacy-file.ts';
import { memoryFile } from '../../memory-file.ts';
import { PLAIN_STYLE, writeLegacy } from './legacy-writer.ts';
import { resultContent } from './result-content.ts';

/** Files whose arrays take several reads each. */
const content = resultContent(90_000);
const files = (['ascii', 'binary'] as const).flatMap((encoding) =>
  (['indexed', 'listed'] as const).map(
    (cells) => [`${encoding}, ${cells}`, writeLegacy(content, { ...PLAIN_STYLE, encoding, cells })] as const,
  ),
);

test.each(files)(
  '%s: a file that fails at any read rejects by that, and nothing else is left behind',
  async (_, bytes) => {
    const whole = memoryFile(bytes);
    let left = Number.POSITIVE_INFINITY;
    const file: RandomAccess = {
      size: whole.size,
      read: (offset, length) =>
        left-- > 0 ? whole.read(offset, length) : Promise.reject(new Error('the disk is gone')),
    };
    const opened = await open(file, { path: 'case.vtk' });
    for (const reads of [0, 1, 2, 3, 5, 8, 13]) {
      left = reads;
      await expect(opened.read({})).rejects.toThrow('the disk is gone');
    }
  },
);
