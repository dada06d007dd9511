import { readMesh } from 'vascusim/mesh';
import { digestMesh } from './digest-mesh.mjs';

/** Reads files beside `base` in each way that there is in a page; digests by name and way. */
export async function readInputs(names, base) {
  const read = {};
  for (const name of names) {
    const url = new URL(`files/${name}`, base);
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const openSibling = async (path) => (await fetch(new URL(path, url))).blob();
    const access = { size: bytes.length, read: async (from, length) => bytes.slice(from, from + length) };
    const ways = {
      url,
      text: url.href,
      // In a worker what is relative is relative to its script.
      relative: globalThis.document === undefined ? url.href : `files/${name}`,
      blob: new Blob([bytes]),
      file: new File([bytes], name),
      view: bytes,
      buffer: bytes.buffer,
      access,
    };
    read[name] = {};
    for (const [way, file] of Object.entries(ways)) {
      const options = file instanceof URL || typeof file === 'string' ? {} : { openSibling };
      read[name][way] = await digestMesh(await readMesh(file, options));
    }
  }
  return read;
}
