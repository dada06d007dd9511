import { makeVessel } from '../../src/cli/demo/vessel.ts';
import { type Mesh, measureArray, type Tensor, writeVtkXml } from '../../src/mesh.ts';

/** A vessel of some 20 000 nodes: about 3 MB, of which the cells take 2 MB. */
export const largeMesh: Mesh = makeVessel({
  radius: 1,
  stenosis: 0.4,
  meanVelocity: 20,
  time: 0,
  resolution: 14,
});

/** The range of an array of {@link largeMesh}. */
export function rangeOf(name: string): readonly [number, number] {
  const tensor = (largeMesh.pointData.get(name) ?? largeMesh.cellData.get(name)) as Tensor;
  const { min, max } = measureArray(tensor);
  return [min as number, max as number];
}

/** {@link largeMesh} as a raw `.vtu` file. @param stated - arrays whose ranges the header states, as VTK writes them */
export async function largeVtu(...stated: readonly string[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of writeVtkXml(largeMesh)) parts.push(Uint8Array.from(part));
  const bytes = Buffer.concat(parts);
  const end = bytes.indexOf('<AppendedData');
  const head = bytes
    .subarray(0, end)
    .toString()
    .replaceAll(
      /(<DataArray [^>]*Name="([^"]*)"[^>]*?) RangeMin="[^"]*" +RangeMax="[^"]*" *(?= )/g,
      (tag, rest, name) => (stated.includes(String(name)) ? tag : String(rest)),
    );
  return Buffer.concat([Buffer.from(head), bytes.subarray(end)]);
}
