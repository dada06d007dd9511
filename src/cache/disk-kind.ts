import { statfs } from 'node:fs/promises';

/** File systems whose locks cannot be relied on, by `statfs` type: NFS, SMB, CIFS, SMB2, Lustre, GPFS, Ceph, 9P, FUSE. */
const NETWORK_TYPES = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x0bd00bd0, 0x47504653, 0x00c36400, 0x01021997, 0x65735546,
]);

/** File systems in memory: tmpfs, ramfs. */
const MEMORY_TYPES = new Set([0x01021994, 0x858458f6]);

/** Kind of a disk: one whose locks cannot be relied on, memory, or any other. */
export type DiskKind = 'network' | 'memory' | 'local';

/** Finds out on what kind of disk a folder lies. */
export async function diskKindOf(root: string): Promise<DiskKind> {
  const stats = await statfs(root).catch(() => undefined);
  // What does not tell its type is none of them.
  const type = (stats?.type ?? 0) >>> 0;
  if (NETWORK_TYPES.has(type)) return 'network';
  return MEMORY_TYPES.has(type) ? 'memory' : 'local';
}
