import type { LeftOutArray } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import type { MeshBytes } from './mesh-bytes.ts';

/** Options of `readMesh`. */
export interface ReadMeshOptions extends ReadOptions {
  /**
   * Name of the file in messages, such as the name of what was fetched. @defaultValue its path, its URL without what stands
   * behind `?`, of a `File` its name, of other bytes `'mesh'`
   */
  readonly path?: string | undefined;
  /**
   * Names of the point and cell arrays to read; the bytes of the others are neither read nor decoded, but for the arrays
   * `vtkGhostType`, without which no surface is right. Names that the file does not have are passed over. Of a file on a
   * web server only the bytes of these arrays are fetched, where it gives ranges.
   *
   * @defaultValue all
   */
  readonly attributes?: readonly string[] | undefined;
  /**
   * Headers of the requests for a file on a web server and its pieces, for instance `authorization`. In a page the server
   * of another origin has to allow them, and is asked for that first.
   *
   * @defaultValue none
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Function that opens the pieces that a `.pvtu` or `.pvtp` file names, by their paths relative to it: it gives what
   * `readMesh` reads, but no path and no URL.
   *
   * @defaultValue pieces lie beside a file of this machine or of a web server; those of other bytes cannot be opened
   */
  readonly openSibling?: ((path: string, signal?: AbortSignal) => MeshBytes | Promise<MeshBytes>) | undefined;
  /**
   * Limit of what a compressed file may unpack to, in multiples of its own size (and 64 MiB), against decompression
   * bombs.
   *
   * @defaultValue 256
   */
  readonly maxExpansion?: number | undefined;
  /**
   * Listener that is told of what the file has and the mesh has not, such as an array that one of its pieces lacks.
   *
   * @defaultValue a warning of the process, once for each file
   */
  readonly onLeftOut?: ((array: LeftOutArray) => void) | undefined;
}
