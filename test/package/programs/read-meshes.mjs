import {
  Batch,
  encodePng,
  extractSurface,
  graphFromSafetensors,
  graphToSafetensors,
  meshToGraph,
  meshToGraphAsync,
  readMesh,
  readMeshHeader,
  renderMeshAsync,
  writeVtkXml,
} from 'vascusim/mesh';

/** Reads each file in all the ways that bytes may be given, and says what came of it in plain JSON. */
export async function describeMeshes(files) {
  const described = {};
  for (const [name, bytes] of Object.entries(files)) {
    const given = {
      view: bytes,
      inside: new Uint8Array([0, ...bytes, 0]).subarray(1, bytes.length + 1),
      buffer: bytes.slice().buffer,
      blob: new Blob([bytes]),
      access: { size: bytes.length, read: async (from, length) => bytes.slice(from, from + length) },
    };
    const ways = {};
    for (const [way, file] of Object.entries(given)) {
      const { size, points } = await readMeshHeader(file, { path: name });
      ways[way] = { size, points, mesh: describe(await readMesh(file, { path: name })) };
    }
    const first = JSON.stringify(ways.view);
    const others = Object.keys(ways).filter((way) => JSON.stringify(ways[way]) !== first);
    described[name] = { ...ways.view, others };
  }
  return described;
}

function describe({ kind, points, cells, pointData, cellData, fieldData }) {
  const record = (map) =>
    [...map].map(([name, value]) => [name, Array.isArray(value) ? value : tensor(value)]);
  const { types, connectivity, offsets } = cells;
  return {
    kind,
    points: tensor(points),
    cells: [types, connectivity, offsets].map((each) => [...each]),
    arrays: [pointData, cellData, fieldData].map(record),
  };
}

function tensor({ data, shape }) {
  if (data.length < 1000) return [data.constructor.name, shape, [...data].map(String)];
  let sum = 0;
  for (let at = 0; at < data.length; at++) sum = (31 * sum + Number(data[at])) % 1_000_003;
  return [data.constructor.name, shape, sum];
}

/** What the pure functions make of a mesh. */
export async function useMesh(bytes) {
  const mesh = await readMesh(bytes);
  const graph = meshToGraph(mesh, { id: 'a', normalize: true });
  const batch = Batch.fromDataList([graph, await meshToGraphAsync(mesh, { id: 'b' })]);
  const image = await renderMeshAsync(mesh, { width: 40, height: 30 });
  const png = await encodePng(image);
  const parts = [];
  for await (const part of writeVtkXml(mesh, { compressor: 'zlib' })) parts.push(part);
  const written = await readMesh(new Blob(parts));
  return {
    edges: [...graph.edgeIndex.data],
    ptr: [...batch.ptr.data],
    kept: graphFromSafetensors(graphToSafetensors(graph)).id,
    png: Array.from(png.slice(0, 8)),
    surface: extractSurface(mesh).points.shape,
    again: JSON.stringify(describe(written)) === JSON.stringify(describe(mesh)),
  };
}

/** Code, option and message of the errors that files by their places end in. */
export async function describeRefusals(door) {
  const calls = {
    path: () => door.readMesh('cases/a.vtu'),
    url: () => door.readMeshHeader(new URL('ftp://host/a.vtu')),
    nothing: () => door.readMesh(undefined),
    promise: () => door.readMesh(Promise.resolve(new Uint8Array(1))),
    text: () => door.readMesh('<?xml version="1.0"?><VTKFile/>'),
    streamer: () => door.readMeshFrom({}, 'a.vtu'),
    writing: () => door.writeMesh('a.vtu', {}),
  };
  const result = {};
  for (const [name, call] of Object.entries(calls)) {
    const error = await call().catch((caught) => caught);
    result[name] = [error.code, error.option ?? error.feature, error.message];
  }
  return result;
}
