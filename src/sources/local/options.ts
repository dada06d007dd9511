/** Options of a folder of this machine. */
export interface FolderOptions {
  /**
   * Whether files are copied into the cache and read there, as is worthwhile where the folder is a slow mount.
   * @defaultValue false: they are read where they lie
   */
  readonly copyToCache?: boolean | undefined;
}
