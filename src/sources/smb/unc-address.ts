/**
 * Finds the `smb:` URL for an address of SMB in any of the ways it is written: `smb:` and `cifs:` URLs in any case,
 * also with backslashes, and the paths of Windows (UNC) `\\host\share\folder`, `//host/share/folder` and
 * `\\?\UNC\host\share`.
 *
 * @returns undefined for everything else, as `\\?\C:\folder`, a folder of this machine
 */
export function toSmbUrl(given: string): string | undefined {
  const text = given.trim();
  const [, rest] = /^(?:smb|cifs):[\\/]*(.*)$/is.exec(text) ?? [];
  // Only with slashes is it a URL, in which names are percent-encoded.
  if (rest !== undefined) return `smb://${rest.includes('\\') ? encodeNames(rest) : rest}`;
  const names = uncNames(text);
  return names === undefined ? undefined : `smb://${encodeNames(names)}`;
}

/** Tells whether an address is a path of Windows (UNC), which this machine may have as a folder as well. */
export function isUncPath(given: string): boolean {
  return uncNames(given.trim()) !== undefined;
}

/** Takes what follows the two slashes, where a host does. */
function uncNames(text: string): string | undefined {
  const [, device, names = ''] = /^[\\/]{2}([?.][\\/])?([^\\/].*)$/s.exec(text) ?? [];
  if (device === undefined) return names === '' ? undefined : names;
  return /^UNC[\\/]+([^\\/].*)$/is.exec(names)?.[1];
}

function encodeNames(path: string): string {
  const [host = '', ...names] = path.split(/[\\/]+/);
  return [host, ...names.map(encodeURIComponent)].join('/');
}
