/** Results in plain JSON; see the module itself. */
export function describeMeshes(files: Readonly<Record<string, Uint8Array>>): Promise<unknown>;
export function useMesh(bytes: Uint8Array): Promise<unknown>;
export function describeRefusals(door: object): Promise<Readonly<Record<string, readonly string[]>>>;
