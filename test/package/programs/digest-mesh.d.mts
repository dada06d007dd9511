/** Results in plain values; see the module itself. */
export function digestMesh(mesh: object): Promise<unknown>;
export function tryRead<File, Options>(
  readMesh: (file: File, options?: Options) => Promise<object>,
  file: File,
  options?: Options,
): Promise<{ readonly mesh?: unknown; readonly error?: Readonly<Record<string, unknown>> }>;
