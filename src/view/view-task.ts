import type { FilePlace } from '../core/held-file.ts';
import type { ParsedHeader } from '../core/mesh.ts';
import type { Plane } from '../render/plane.ts';
import type { ProbedValue, ViewedOn } from './view-protocol.ts';

/** Mesh as the thread that keeps it knows it. */
export interface MeshId {
  /** Name that says which version of which file it is. */
  readonly key: string;
  /** Path of the file, for messages. */
  readonly path: string;
}

/** Array of a mesh under the name that it has in the file. */
export interface StoredArray {
  readonly name: string;
  readonly on: ViewedOn;
}

/** File of a mesh as it lies on this machine. */
interface GivenFile {
  readonly path: string;
  readonly place: FilePlace;
  readonly parsed: ParsedHeader | undefined;
}

/** Array of a mesh that is shown. */
export interface ShownArray {
  readonly mesh: MeshId;
  readonly array: StoredArray;
}

/** Array, its component, and what it is less. */
export interface ShownWish extends ShownArray {
  /** Name of the array as people know it: without the step that the file's name of it may end with. */
  readonly called: string;
  readonly component: string | undefined;
  /** Array of a mesh that is equal. @defaultValue none: no difference */
  readonly minus?: ShownArray | undefined;
  readonly step: number | undefined;
}

/** Thing that a thread needs to be given before it can do a task. */
export interface Missing {
  readonly mesh: MeshId;
  /** Need: `surface`: what is drawn; `mesh`: points and cells; `rows`: values on the surface; `array`: all of them. */
  readonly what: 'surface' | 'mesh' | 'rows' | 'array';
  readonly array?: StoredArray | undefined;
}

/** Task of a thread that keeps meshes: reading what it lacks, or making an answer of what it has. */
export type ViewTask =
  | {
      readonly do: 'load';
      readonly mesh: MeshId;
      /** The mesh file, then its pieces. */
      readonly files: readonly GivenFile[];
      /** True when points and cells are read. */
      readonly geometry: boolean;
      /** Number of the step in VTK's own form. */
      readonly timeStep: number | undefined;
      readonly array?: StoredArray | undefined;
    }
  | { readonly do: 'surface'; readonly mesh: MeshId }
  | ({ readonly do: 'values' } & ShownWish)
  | {
      readonly do: 'slice';
      readonly mesh: MeshId;
      readonly plane: Plane;
      readonly shown: ShownWish | undefined;
    }
  | ({
      readonly do: 'probe';
      readonly number: number;
      /** Kind of thing that is numbered: a point, or a cell. */
      readonly of: ViewedOn;
    } & ShownWish)
  | {
      readonly do: 'picture';
      readonly mesh: MeshId;
      readonly array: StoredArray | undefined;
      readonly width: number;
      readonly height: number;
    };

/** Outcome of a task: an answer, or what is missing for it. */
export type ViewOutcome =
  | { readonly missing: Missing }
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly probed: Pick<ProbedValue, 'position' | 'value' | 'text' | 'components'> }
  | { readonly loaded: true };
