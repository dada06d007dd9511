import type { FileEntry } from '../core/source.ts';
import type { Metadata } from '../data.ts';
import type { ViewedOn, ViewedStep } from './view-protocol.ts';

/** Arrays of a mesh by what they are of. */
interface ByKind<Value> {
  readonly node: Value;
  readonly cell: Value;
}

/** Place of a step of a sample. */
export interface StepPlace {
  /** Files that it is read from: its mesh, then the pieces of that. */
  readonly files: readonly FileEntry[];
  /** Names that the arrays of the step have in the file, by the names that people know. @defaultValue all arrays are of it */
  readonly names?: ByKind<ReadonlyMap<string, string>> | undefined;
  /** Names in the file of the arrays that are of some step. @defaultValue none, or all */
  readonly stepped?: ByKind<ReadonlySet<string>> | undefined;
  /** Number of the step in VTK's own form. @defaultValue the file has not that form */
  readonly timeStep?: number | undefined;
}

/** Sample as the server knows it before its mesh is read. */
export interface ViewedSampleFiles {
  readonly id: string;
  readonly metadata: Metadata;
  /** Steps in the order of time; none of a sample that has no steps, whose place is that of step 0. */
  readonly steps: readonly ViewedStep[];
  placeAt(step: number): StepPlace;
}

/** Finds the name in the file that an array has at a step. */
export function storedName({ names }: StepPlace, name: string, on: ViewedOn): string {
  return names?.[on].get(name) ?? name;
}
