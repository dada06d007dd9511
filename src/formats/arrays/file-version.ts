/** Tells whether a version as files state it, such as `4.2`, is below `major.minor`; what is no number counts as 0. */
export function isVersionBelow(version: string, major: number, minor: number): boolean {
  const [own = 0, part = 0] = version.split('.').map((text) => Number(text) || 0);
  return own < major || (own === major && part < minor);
}
