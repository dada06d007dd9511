import { expect, test } from 'vitest';
import { memoryFile } from '../memory-file.ts';
import { readVtkHeader } from './vtk-xml-reader.ts';

const FILE =
  '<VTKFile type="UnstructuredGrid"><UnstructuredGrid><Piece NumberOfPoints="0" NumberOfCells="0"/></UnstructuredGrid><AppendedData encoding="raw">_</AppendedData>';

async function readsOf(content: string): Promise<{ reads: number; pieces: number }> {
  const file = memoryFile(new TextEncoder().encode(content));
  let reads = 0;
  const { pieceCount } = await readVtkHeader({
    size: file.size,
    read: (offset, length, signal) => {
      reads++;
      return file.read(offset, length, signal);
    },
  });
  return { reads, pieces: pieceCount };
}

test.each(['<!-- one of many -->\n', '<!---->', '<!-- a > b -->\0', '<!-- <a/> -->   '])(
  'comments behind the last tag, %j ten thousand times, are read in steps and not one by one',
  async (comment) => {
    const { reads, pieces } = await readsOf(`${FILE}</VTKFile>${comment.repeat(10_000)}`);
    expect(pieces).toBe(1);
    expect(reads).toBeLessThan(60);
  },
);

test.each(['<!-- -->', ' ', '-->', '<!---->x'])('behind %j the last tag is missed', async (text) => {
  await expect(readsOf(`${FILE}${text.repeat(5000)}`)).rejects.toThrow('the file is cut');
});
