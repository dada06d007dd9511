/** Describes a mesh so that two of one description are equal bit for bit. */
export async function digestMesh({ kind, points, cells, pointData, cellData, fieldData }) {
  const sha = async (view) => {
    const hash = await crypto.subtle.digest('SHA-256', view);
    return Array.from(new Uint8Array(hash).slice(0, 8), (byte) => byte.toString(16)).join('.');
  };
  const each = async (array) =>
    Array.isArray(array)
      ? array
      : [array.data.constructor.name, array.shape, array.storedAs ?? '', await sha(array.data)];
  const all = async (map) => Promise.all([...map].map(async ([name, array]) => [name, await each(array)]));
  return {
    kind,
    points: await each(points),
    cells: await Promise.all(
      Object.entries(cells).map(async ([name, view]) => [name, view && (await sha(view))]),
    ),
    arrays: [await all(pointData), await all(cellData), await all(fieldData)],
  };
}

/** Reads a mesh; what comes of it in plain values. */
export async function tryRead(readMesh, file, options) {
  try {
    return { mesh: await digestMesh(await readMesh(file, options)) };
  } catch (error) {
    const { name, code, message, option, feature, reason, status, expected, actual } = error;
    const plain = { name, code, message, option, feature, reason, status, expected, actual };
    return { error: Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)) };
  }
}
