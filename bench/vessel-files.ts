import { makeVessel } from '../src/cli/demo/vessel.ts';
import { type WriteOptions, writeVtkXml } from '../src/formats/vtk-xml/writer.ts';

/** `count` names of one vessel's file, of about so many bytes uncompressed. */
export async function makeFiles(
  count: number,
  bytes: number,
  options: WriteOptions = {},
): Promise<Map<string, Uint8Array>> {
  let resolution = 2;
  let content = await write(resolution, {});
  while (content.byteLength < 0.9 * bytes) content = await write(++resolution, {});
  content = await write(resolution, options);
  const nameOf = (index: number): string => `case_${String(index).padStart(4, '0')}.vtu`;
  return new Map(Array.from({ length: count }, (_, index) => [nameOf(index), content]));
}

/** The metadata beside each of some files. */
export function makeSidecars(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const nameOf = (path: string): string => path.replace(/\.[^.]+$/, '.json');
  const contentOf = (index: number): string =>
    JSON.stringify({ patient_id: `p${index}`, patient_age: 40 + (index % 40), is_healthy: index % 3 > 0 });
  return new Map([...files.keys()].map((path, index) => [nameOf(path), Buffer.from(contentOf(index))]));
}

async function write(resolution: number, options: WriteOptions): Promise<Uint8Array> {
  const vessel = makeVessel({ radius: 1, stenosis: 0.3, meanVelocity: 20, time: 0, resolution });
  const parts: Uint8Array[] = [];
  for await (const part of writeVtkXml(vessel, options)) parts.push(part.slice());
  return Buffer.concat(parts);
}
