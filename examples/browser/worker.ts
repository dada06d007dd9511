import { readMesh } from 'vascusim/mesh';

/** Reads the array of a mesh that the page names, and hands its values over without a copy. */
addEventListener('message', async ({ data: { mesh, array } }: MessageEvent) => {
  try {
    const { pointData } = await readMesh(new URL(mesh), { attributes: [array] });
    const values = pointData.get(array)?.data;
    postMessage({ values }, { transfer: values === undefined ? [] : [values.buffer] });
  } catch (error) {
    postMessage({ error: String(error) });
  }
});
