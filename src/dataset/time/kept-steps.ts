import { Fingerprint } from '../../core/fingerprint.ts';
import type { HeldFile } from '../../core/held-file.ts';
import type { KeptPiece } from '../../decode/window-input.ts';
import { openFileAccess } from '../../files/file-access.ts';
import { readSafetensorsMetadata } from '../../graph/safetensors-metadata.ts';
import type { DataStreamer } from '../../streamers/data-streamer.ts';
import type { PartWish, StepWish } from './window-wish.ts';

/** Holds of a part that is kept decoded, as far as it is. */
export interface KeptPart {
  /** Points, edges and static arrays of the one file of a part. @defaultValue they are not kept */
  readonly mesh?: HeldFile | undefined;
  /** Arrays of each step that is kept; of one of a file of its own with the mesh that it has. */
  readonly steps: readonly (KeptStep | undefined)[];
}

/** Arrays of a step that are kept decoded. */
export interface KeptStep {
  readonly arrays: HeldFile;
  /** Mesh of the step, and what tells it from others. @defaultValue that of the part */
  readonly mesh?: { readonly digest: string; readonly file: HeldFile } | undefined;
}

/** Version of the way in which this package keeps what it decodes of series. */
const FORMAT_VERSION = 1;

/** Store of what is decoded of series, in the cache: each mesh once, and the arrays of each step once. */
export class KeptSteps {
  readonly #streamer: DataStreamer;
  readonly #options: string;

  /** @param options - of decoding; where they differ so does what is decoded */
  constructor(streamer: DataStreamer, options: readonly unknown[]) {
    this.#streamer = streamer;
    this.#options = JSON.stringify([FORMAT_VERSION, ...options]);
  }

  /** Holds what is kept of a part of a sample. */
  async open(part: PartWish, signal: AbortSignal): Promise<KeptPart> {
    const mesh =
      part.isOneFile && !hasOwnForm(part) ? await this.#find(this.#meshOf(part), signal) : undefined;
    const steps = part.part.isStatic ? [] : part.steps;
    return { mesh, steps: await Promise.all(steps.map((step) => this.#openStep(part, step, signal))) };
  }

  /** Keeps what was decoded of a part, where there is room for it. */
  async keep(part: PartWish, { step, mesh, bytes }: KeptPiece): Promise<void> {
    const wish = step === undefined ? undefined : part.steps[step];
    const { name, version } =
      wish !== undefined
        ? this.#stepOf(part, wish)
        : mesh !== undefined
          ? this.#sharedMesh(mesh)
          : this.#meshOf(part);
    await this.#streamer.keep(name, version, bytes);
  }

  async #openStep(part: PartWish, step: StepWish, signal: AbortSignal): Promise<KeptStep | undefined> {
    const arrays = await this.#find(this.#stepOf(part, step), signal);
    if (arrays === undefined || (part.isOneFile && !hasOwnForm(part))) return arrays && { arrays };
    const digest = await digestIn(arrays.path, signal);
    const file = digest === undefined ? undefined : await this.#find(this.#sharedMesh(digest), signal);
    if (file !== undefined && digest !== undefined) return { arrays, mesh: { digest, file } };
    arrays.release();
    return undefined;
  }

  #find({ name, version }: Named, signal: AbortSignal): Promise<HeldFile | undefined> {
    return this.#streamer.openKept(name, version, { signal });
  }

  #meshOf({ at, part, statics, steps }: PartWish): Named {
    const { path = '', files = [] } = steps[0]?.source ?? {};
    // Without names all arrays but those of steps are static.
    const stepped = statics === undefined && part.stepped ? [...part.stepped.node, ...part.stepped.cell] : [];
    return { name: `${path}.${at}.mesh.safetensors`, version: this.#versionOf(files, [...stepped].sort()) };
  }

  #stepOf({ at }: PartWish, { source, arrays }: StepWish): Named {
    const wish = arrays?.map((array) => array.join('\n')) ?? [];
    const digest = new Fingerprint().addText(wish.join('\n\n')).toString();
    const name = `${source.path}.${at}.${source.timeStep ?? digest}.step.safetensors`;
    return { name, version: this.#versionOf(source.files, wish) };
  }

  #sharedMesh(digest: string): Named {
    return { name: `${digest}.mesh.safetensors`, version: this.#versionOf([], [digest]) };
  }

  #versionOf(
    files: readonly { readonly path: string; readonly version: string }[],
    more: readonly string[],
  ): string {
    const fingerprint = new Fingerprint().addText(this.#options);
    for (const { path, version } of files) fingerprint.addText(path).addText(version);
    for (const text of more) fingerprint.addText(text);
    return `${fingerprint.toString()} ${files[0]?.version ?? ''}`;
  }
}

/** Name under which something is kept, and what changes when it does. */
interface Named {
  readonly name: string;
  readonly version: string;
}

/** Tells whether all steps of a part are in one file in VTK's own form, each with a mesh. */
function hasOwnForm({ steps }: PartWish): boolean {
  return steps[0]?.source.timeStep !== undefined;
}

/** Reads which mesh a step has that is kept; undefined where the file does not tell. */
async function digestIn(path: string, signal: AbortSignal): Promise<string | undefined> {
  await using file = await openFileAccess(path);
  const metadata = await readSafetensorsMetadata(file, signal);
  return metadata['mesh'];
}
