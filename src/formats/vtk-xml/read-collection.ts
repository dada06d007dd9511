import { FormatError, isVascuError } from '../../core/errors.ts';
import type { Mesh, SiblingFile } from '../../core/mesh.ts';
import type { ReadMeshFileOptions } from '../../core/mesh-format.ts';
import { readFieldData } from './field-data.ts';
import { checkFileEnd } from './file-end.ts';
import { FileWindow } from './file-window.ts';
import { readHeader } from './header.ts';
import type { VtkXmlHeader } from './header-model.ts';
import { isCollection } from './header-summary.ts';
import { VTK_XML } from './name.ts';
import { checkPiecePath, type ReadPiece, readParallel } from './pvtu.ts';
import { makeReader, type OpenedVtkXml, type ReadRequest, readPieces } from './read-pieces.ts';

/** Reads the mesh of a file whose pieces lie in others. */
export async function readCollection(
  opened: OpenedVtkXml,
  options: ReadMeshFileOptions,
  { wanted, onLeftOut }: ReadRequest,
): Promise<Mesh> {
  const { header, path } = opened;
  const { openSibling, signal } = options;
  if (openSibling === undefined) {
    throw new FormatError('names files that hold its pieces, which cannot be opened from here', { path });
  }
  const readPiece: ReadPiece = async (source, inPieces) => {
    const piecePath = checkPiecePath(source, path);
    const name = `${path.replace(/[^/\\]*$/, '')}${piecePath}`;
    const file = await openSibling(piecePath, signal).catch((cause: unknown) => {
      if (!isVascuError(cause, 'NOT_FOUND')) throw cause;
      throw new FormatError(`names the piece ${piecePath}, which does not exist`, { path }, { cause });
    });
    const piece = await openPiece(file, name, signal);
    if (isCollection(piece.header)) {
      throw new FormatError('is named as a piece but names pieces itself', { path: name });
    }
    return readPieces(piece, options, { wanted: inPieces, onLeftOut });
  };
  const fieldData = await readFieldData(makeReader(opened, options));
  for (const array of header.extras) if (wanted.pointArrays || array.on !== 'node') onLeftOut(array);
  return readParallel({ header, path, fieldData, readPiece }, wanted, onLeftOut);
}

/** Opens a file that holds a piece; its header is not read again where it came with the file. */
async function openPiece(
  file: SiblingFile,
  path: string,
  signal: AbortSignal | undefined,
): Promise<OpenedVtkXml> {
  const window = new FileWindow(file, signal);
  const known = file.parsed?.format === VTK_XML ? (file.parsed.value as VtkXmlHeader) : undefined;
  const header = known ?? (await readHeader(window, path, { headOnly: true }));
  if (header.appended !== undefined) await checkFileEnd(file, path, signal);
  return { file, window, header, path };
}
