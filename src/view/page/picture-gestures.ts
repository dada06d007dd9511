import { axesOf, type Camera, roundCamera, turnAxes, turnOf, type Vector } from './camera-text.ts';
import type { Viewer } from './viewer.ts';

/** Radians a pixel, radians and share of the picture a key. */
const TURN_PER_PIXEL = 0.008;
const TURN_PER_KEY = 0.12;
const PAN_PER_KEY = 0.06;
const ZOOM_PER_KEY = 1.15;
/** Zoom a pixel of the wheel, and the most and least. */
const ZOOM_PER_WHEEL = 0.0015;
const [MIN_ZOOM, MAX_ZOOM] = [0.02, 2000];
/** Pixels that a pointer may move between down and up in a click. */
const CLICK_PIXELS = 4;

/** Pointer that is down. */
interface Down {
  x: number;
  y: number;
  readonly startX: number;
  readonly startY: number;
}

/** Gestures over a picture: mouse, touch and keys turn, move and zoom it; a pointer that rests probes, a click keeps. */
export class PictureGestures {
  readonly #canvas: HTMLCanvasElement;
  readonly #viewer: Viewer;
  readonly #down = new Map<number, Down>();
  readonly #ending = new AbortController();
  #isClick = false;

  constructor(canvas: HTMLCanvasElement, viewer: Viewer) {
    this.#canvas = canvas;
    this.#viewer = viewer;
    const { signal } = this.#ending;
    canvas.addEventListener('pointerdown', (event) => this.#begin(event), { signal });
    canvas.addEventListener('pointermove', (event) => this.#move(event), { signal });
    canvas.addEventListener('pointerup', (event) => this.#finish(event), { signal });
    canvas.addEventListener('pointercancel', (event) => this.#down.delete(event.pointerId), { signal });
    canvas.addEventListener('pointerleave', () => viewer.probing.leave(), { signal });
    canvas.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
    canvas.addEventListener('wheel', (event) => this.#wheel(event), { signal, passive: false });
    canvas.addEventListener('keydown', (event) => this.#key(event), { signal });
  }

  /** Listens no more. */
  end(): void {
    this.#ending.abort();
  }

  #begin(event: PointerEvent): void {
    const { pointerId, offsetX: x, offsetY: y } = event;
    this.#canvas.setPointerCapture(pointerId);
    this.#isClick = this.#down.size === 0 && event.button === 0;
    this.#down.set(pointerId, { x, y, startX: x, startY: y });
  }

  #move(event: PointerEvent): void {
    const { offsetX: x, offsetY: y } = event;
    const down = this.#down.get(event.pointerId);
    if (down === undefined) {
      if (event.pointerType !== 'touch')
        this.#viewer.probing.hover(this.#viewer.scene, event.clientX, event.clientY);
      return;
    }
    const [dx, dy] = [x - down.x, y - down.y];
    if (Math.hypot(x - down.startX, y - down.startY) > CLICK_PIXELS) this.#isClick = false;
    if (this.#isClick || (dx === 0 && dy === 0)) return;
    const other = [...this.#down.values()].find((each) => each !== down);
    if (other !== undefined) {
      const before = Math.hypot(down.x - other.x, down.y - other.y);
      const after = Math.hypot(x - other.x, y - other.y);
      this.#pan(dx / 2, dy / 2);
      if (before > 0 && after > 0) this.#zoom(after / before);
    } else if (event.shiftKey || (event.buttons & 6) !== 0) this.#pan(dx, dy);
    else this.#turn(-dx * TURN_PER_PIXEL, -dy * TURN_PER_PIXEL);
    down.x = x;
    down.y = y;
  }

  #finish(event: PointerEvent): void {
    const down = this.#down.get(event.pointerId);
    this.#down.delete(event.pointerId);
    if (down !== undefined && this.#isClick && event.button === 0)
      this.#viewer.probing.pin(this.#viewer.scene, event.clientX, event.clientY);
  }

  #wheel(event: WheelEvent): void {
    // With Ctrl it is a pinch on a touch pad.
    event.preventDefault();
    const pixels = event.deltaMode === 0 ? event.deltaY : 30 * event.deltaY;
    this.#zoom(Math.exp(-pixels * ZOOM_PER_WHEEL * (event.ctrlKey ? 5 : 1)), event.offsetX, event.offsetY);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { key, shiftKey } = event;
    const viewer = this.#viewer;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const step = PAN_PER_KEY * Math.min(width, height);
    const directions: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const direction = directions[key];
    if (direction !== undefined) {
      const [x, y] = direction;
      if (shiftKey) this.#pan(x * step, y * step);
      else this.#turn(-x * TURN_PER_KEY, -y * TURN_PER_KEY);
    } else if (key === '+' || key === '=') this.#zoom(ZOOM_PER_KEY);
    else if (key === '-' || key === '−' || key === '_') this.#zoom(1 / ZOOM_PER_KEY);
    else if (key === 'r') viewer.change({ camera: undefined });
    else if (key === 'e') viewer.change({ hasEdges: !viewer.link.hasEdges });
    else if (key === '[') viewer.stepBy(-1);
    else if (key === ']') viewer.stepBy(1);
    else if (key === ' ' && viewer.isPlaying) viewer.stop();
    else if (key === ' ') void viewer.play();
    else if (key === 'Enter') {
      const { left, top } = this.#canvas.getBoundingClientRect();
      viewer.probing.pin(viewer.scene, left + width / 2, top + height / 2);
    } else if (key === 'Escape') viewer.probing.unpin();
    else return;
    event.preventDefault();
  }

  #set(make: (camera: Camera) => Camera): void {
    const camera = this.#viewer.currentCamera();
    if (camera !== undefined) this.#viewer.moveCamera(roundCamera(make(camera)));
  }

  /** Turns the mesh: around the picture's vertical, and over its horizontal. */
  #turn(around: number, over: number): void {
    this.#set((camera) => ({ ...camera, turn: turnOf(turnAxes(axesOf(camera), around, over)) }));
  }

  /** Moves the mesh by CSS pixels. */
  #pan(dx: number, dy: number): void {
    this.#set((camera) => {
      const [right, up] = axesOf(camera);
      const unit = 2 / (camera.zoom * this.#shorter());
      const target = camera.target.map(
        (value, axis) => value - unit * (dx * (right[axis] as number) - dy * (up[axis] as number)),
      ) as unknown as Vector;
      return { ...camera, target };
    });
  }

  /** Zooms; what lies under a place stays there. */
  #zoom(factor: number, x?: number, y?: number): void {
    this.#set((camera) => {
      const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, camera.zoom * factor));
      if (x === undefined || y === undefined) return { ...camera, zoom };
      const [right, up] = axesOf(camera);
      const { clientWidth, clientHeight } = this.#canvas;
      const each = clientWidth / Math.max(1, this.#viewer.scene?.parts.length ?? 1);
      const [dx, dy] = [(x % each) - each / 2, y - clientHeight / 2];
      const unit = (2 / this.#shorter()) * (1 / camera.zoom - 1 / zoom);
      const target = camera.target.map(
        (value, axis) => value + unit * (dx * (right[axis] as number) - dy * (up[axis] as number)),
      ) as unknown as Vector;
      return { ...camera, target, zoom };
    });
  }

  /** Finds the shorter side of one part of the picture, CSS pixels. */
  #shorter(): number {
    const { clientWidth, clientHeight } = this.#canvas;
    return Math.max(
      1,
      Math.min(clientWidth / Math.max(1, this.#viewer.scene?.parts.length ?? 1), clientHeight),
    );
  }
}
