import type { OptionsOfKinds, SourceKind } from '../core/source-kind.ts';
import { http } from './http/kind.ts';
import { huggingFace } from './hugging-face/kind.ts';
import { local } from './local/kind.ts';
import { smb } from './smb/kind.ts';
import { synology } from './synology/kind.ts';

/** Kinds of places that there are. Messages name them in this order; of two that are as sure of an address the first has it. */
type Kinds = readonly [typeof local, typeof http, typeof synology, typeof smb, typeof huggingFace];

export const KINDS: Kinds = [local, http, synology, smb, huggingFace];

/** Names of all kinds. */
export type KindName = Kinds[number]['name'];

/** Options of all kinds together. */
export type KindOptions = OptionsOfKinds<Kinds>;

/** Opens a source without waiting, by the kind's name: for programs that have loaded all kinds. */
export type KindOpeners = {
  readonly [Kind in Kinds[number] as Kind['name']]: (
    ...args: Parameters<Kind['open']>
  ) => Awaited<ReturnType<Kind['open']>>;
};

/** The name by which the guide knows a kind: that of its family, where it has one. */
export function placeName(kind: SourceKind): string {
  return kind.family?.of.name ?? kind.name;
}
