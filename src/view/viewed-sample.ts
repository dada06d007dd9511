import type { FileEntry } from '../core/source.ts';
import type { Metadata } from '../data.ts';
import type { ViewedOn, ViewedStep } from './view-protocol.ts';

/** Names that arrays have in the file of one step, by the names that people know them by. */
interface StepNames {
  readonly node: ReadonlyMap<string, string>;
  readonly cell: ReadonlyMap<string, string>;
}

/** Steps of a sample, wherever they come from. A sample without steps has none, and files at step 0. */
export interface SampleSteps {
  readonly list: readonly ViewedStep[];
  /** Lists the files of a step: its mesh, then the pieces of that. */
  filesAt(step: number): readonly FileEntry[];
  /** Gives the names that arrays have at a step; undefined where all arrays of its file are of it, as they are called. */
  namesAt(step: number): StepNames | undefined;
}

/** Sample as the server knows it before its mesh is read. */
export interface ViewedSampleFiles {
  readonly id: string;
  readonly bytes: number;
  readonly metadata: Metadata;
  readonly steps: SampleSteps;
}

/** Makes the steps of a sample that has none. */
export function noSteps(files: () => readonly FileEntry[]): SampleSteps {
  return { list: [], filesAt: files, namesAt: () => undefined };
}

/** Finds the name that an array has at a step. */
export function storedName(steps: SampleSteps, step: number, name: string, on: ViewedOn): string {
  return steps.namesAt(step)?.[on].get(name) ?? name;
}
