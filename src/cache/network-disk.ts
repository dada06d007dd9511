import { statfs } from 'node:fs/promises';

/** File systems whose locks cannot be relied on, by `statfs` type: NFS, SMB, CIFS, SMB2, Lustre, GPFS, Ceph, 9P, FUSE. */
const NETWORK_TYPES = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x0bd00bd0, 0x47504653, 0x00c36400, 0x01021997, 0x65735546,
]);

/** Tells whether a folder lies on a file system whose locks cannot be relied on. */
export async function isNetworkDisk(root: string): Promise<boolean> {
  // What does not tell its type is none of them.
  const stats = await statfs(root).catch(() => undefined);
  return stats !== undefined && NETWORK_TYPES.has(stats.type >>> 0);
}
