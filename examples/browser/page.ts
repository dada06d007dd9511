import { readMesh, renderMeshAsync } from 'vascusim/mesh';

const form = document.querySelector('form') as HTMLFormElement;
const canvas = document.querySelector('canvas') as HTMLCanvasElement;
const output = document.querySelector('output') as HTMLOutputElement;
let drawing = new AbortController();

async function draw(): Promise<void> {
  drawing.abort();
  drawing = new AbortController();
  const { signal } = drawing;
  const wish = new FormData(form);
  const attribute = String(wish.get('array'));
  try {
    const mesh = await readMesh(String(wish.get('mesh')), { attributes: [attribute], signal });
    const size = { width: canvas.width, height: canvas.height };
    const { data, range, width } = await renderMeshAsync(mesh, { attribute, ...size, signal });
    canvas.getContext('2d')?.putImageData(new ImageData(data, width), 0, 0);
    output.value = `${mesh.points.shape[0]} points, ${attribute} from ${range?.join(' to ')}`;
  } catch (error) {
    if (!signal.aborted) output.value = String(error);
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void draw();
});
void draw();
