import type { KeptPiece } from '../decode/window-input.ts';
import type { WantedArrays } from '../mesh/read-mesh.ts';
import type { MeshOwners } from './mesh-owners.ts';
import type { SampleFiles } from './sample-files.ts';

/** Files of samples that can be asked for by another wish. */
export interface WishedFiles extends SampleFiles {
  /** Makes the files of the same samples with another wish; they do not close the streamer. */
  withWish(wish: Partial<SampleWish>): WishedFiles;
  /** Keeps what was decoded of the series of a sample. Present where samples are steps. */
  keepPieces?(index: number, pieces: readonly KeptPiece[]): Promise<void>;
}

/** Arrays that are wanted of samples, and how they come. */
export interface SampleWish extends Pick<WantedArrays, 'attributes' | 'mode' | 'graphOf' | 'geometry'> {
  /** Samples that have a mesh in common. */
  readonly meshOwners: MeshOwners;
}
