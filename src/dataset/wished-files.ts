import type { KeptPiece } from '../decode/window-input.ts';
import type { WantedArrays } from '../mesh/read-mesh.ts';
import type { MeasureInput } from '../statistics/measure-sample.ts';
import type { MeshOwners } from './mesh-owners.ts';
import type { HeldSample, SampleFiles } from './sample-files.ts';
import type { SampleTable } from './sample-table.ts';

/** Files of samples that can be asked for by another wish. */
export interface WishedFiles extends SampleFiles {
  /** Makes the files of the same samples with another wish; they do not close the streamer. */
  withWish(wish: Partial<SampleWish>): WishedFiles;
  /** Keeps what was decoded of the series of a sample. Present where samples are steps. */
  keepPieces?(index: number, pieces: readonly KeptPiece[]): Promise<void>;
  /**
   * Makes the files of the steps of samples, each once. Present where samples are steps.
   *
   * @param places - of the samples; all of them when undefined
   */
  measured?(places: Uint32Array | undefined, wish: Partial<SampleWish>): MeasuredFiles;
}

/** Table of what is measured, one after the other. */
export type MeasuredTable = Pick<SampleTable, 'length' | 'idAt' | 'pathAt' | 'bytesAt'>;

/** Files that are measured. */
export interface MeasuredFiles {
  readonly files: SampleFiles;
  readonly table: MeasuredTable;
  /** Makes the input of measuring of what is held. */
  inputOf(index: number, held: HeldSample, attributes: readonly string[] | undefined): MeasureInput;
}

/** Arrays that are wanted of samples, and how they come. */
export interface SampleWish extends Pick<WantedArrays, 'attributes' | 'mode' | 'graphOf' | 'geometry'> {
  /** Samples that have a mesh in common. */
  readonly meshOwners: MeshOwners;
}
