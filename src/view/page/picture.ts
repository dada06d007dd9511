import type { Rgb } from '../../render/color.ts';
import type { Link } from './link.ts';
import type { LoadedScene } from './load-scene.ts';
import { type Hit, pick } from './pick.ts';
import { PictureRenderer } from './picture-renderer.ts';
import { Frames, type Placement } from './placement.ts';
import { type ColourScale, defaultMap } from './value-scale.ts';

/** Milliseconds that a picture may take while it is turned; a slower machine draws a quarter of the pixels. */
const SLOW_FRAME_MS = 60;
/** Milliseconds after the last move at which the whole picture is drawn again. */
const REST_MS = 140;
/** Milliseconds after which a picture is drawn where the browser gives no frame: in a window behind others. */
const FRAME_PATIENCE_MS = 150;

/** Background of the picture in the light and in the dark scheme. */
const LIGHT: Rgb = [255, 255, 255];
const DARK: Rgb = [22, 26, 32];

/** Content of a picture. */
export interface PictureContent {
  readonly scene: LoadedScene;
  readonly link: Link;
  readonly scale: ColourScale | undefined;
}

/** Place of a pixel in a mesh of the picture. */
export interface PictureHit extends Hit {
  /** Number of the part of the picture. */
  readonly part: number;
}

/** Picture in a canvas: draws when something has changed, once a frame. */
export class Picture {
  readonly #canvas: HTMLCanvasElement;
  readonly #frames = new Frames();
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');
  #renderer: PictureRenderer | undefined;
  #content: PictureContent | undefined;
  #isMoving = false;
  #isSlow = false;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #cancelFrame: (() => void) | undefined;
  #placements: readonly Placement[] = [];
  readonly #onDrawn: (isWhole: boolean) => void;
  readonly #onLost: (isLost: boolean) => void;

  /**
   * @param onDrawn - called after each picture; `isWhole` is false of one that is drawn with fewer pixels
   * @param onLost - called when the graphics processor is taken away, and given back
   */
  constructor(
    canvas: HTMLCanvasElement,
    onDrawn: (isWhole: boolean) => void,
    onLost: (isLost: boolean) => void,
  ) {
    this.#canvas = canvas;
    this.#onDrawn = onDrawn;
    this.#onLost = onLost;
    this.#renderer = PictureRenderer.open(canvas);
    canvas.addEventListener('webglcontextlost', (event) => {
      // Without this it is never given back.
      event.preventDefault();
      this.#renderer = undefined;
      onLost(true);
    });
    canvas.addEventListener('webglcontextrestored', () => {
      this.#renderer = PictureRenderer.open(canvas);
      this.#onLost(false);
      this.request();
    });
    new ResizeObserver(() => this.request()).observe(canvas);
    this.#dark.addEventListener('change', () => this.request());
  }

  /** True when the browser can draw. */
  get isAble(): boolean {
    return this.#renderer !== undefined;
  }

  get placements(): readonly Placement[] {
    return this.#placements;
  }

  /** Sets what is drawn next; undefined: nothing. */
  set content(content: PictureContent | undefined) {
    this.#content = content;
    this.request();
  }

  /** Draws with the next frame. */
  request(): void {
    if (this.#cancelFrame !== undefined) return;
    const run = (): void => {
      this.#cancelFrame?.();
      this.draw();
    };
    const frame = requestAnimationFrame(run);
    const timer = setTimeout(run, FRAME_PATIENCE_MS);
    this.#cancelFrame = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      this.#cancelFrame = undefined;
    };
  }

  /** Says that the camera moves: until it rests a slow machine draws fewer pixels. */
  move(): void {
    this.#isMoving = true;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#isMoving = false;
      this.request();
    }, REST_MS);
    this.request();
  }

  /** Draws at once. */
  draw(): void {
    const share = this.#isMoving && this.#isSlow ? 0.5 : 1;
    const ratio = share * (globalThis.devicePixelRatio || 1);
    const canvas = this.#canvas;
    const { left, top, right, bottom } = canvas.getBoundingClientRect();
    // As many pixels as the browser shows: it puts edges on whole ones.
    const width = Math.max(1, Math.round(right * ratio) - Math.round(left * ratio));
    const height = Math.max(1, Math.round(bottom * ratio) - Math.round(top * ratio));
    if (this.#renderer === undefined) return;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const background = this.#dark.matches ? DARK : LIGHT;
    const begin = performance.now();
    if (this.#content === undefined) {
      this.#placements = [];
      const look = {
        map: 'viridis',
        scale: undefined,
        hasEdges: false,
        isLit: false,
        clip: undefined,
      } as const;
      this.#renderer.draw([], { ...look, background });
      this.#onDrawn(true);
      return;
    }
    const { scene, link, scale } = this.#content;
    this.#placements = this.place(width, height);
    const parts = scene.parts.map(({ drawn, whole, values, isSlice }, at) => ({
      geometry: drawn,
      values,
      placement: this.#placements[at] as Placement,
      radius: whole.radius,
      isSlice,
    }));
    this.#renderer.draw(parts, {
      map: link.map ?? defaultMap(scene.isDifference),
      scale,
      hasEdges: link.hasEdges,
      isLit: link.isLit,
      clip: link.clip,
      background,
    });
    if (this.#isMoving) {
      this.#renderer.finish();
      this.#isSlow = performance.now() - begin > (share === 1 ? SLOW_FRAME_MS : SLOW_FRAME_MS / 4);
    }
    this.#onDrawn(share === 1);
  }

  /** Places the meshes in a picture of a size. */
  place(width: number, height: number): readonly Placement[] {
    if (this.#content === undefined) return [];
    const { scene, link } = this.#content;
    const wholes = scene.parts.map(({ whole }) => whole);
    return this.#frames.place(wholes, link.view, link.camera, width, height);
  }

  /** Finds what is drawn at a place, in CSS pixels of the window. */
  pickAt(x: number, y: number): PictureHit | undefined {
    if (this.#content === undefined) return undefined;
    const { scene, link } = this.#content;
    const box = this.#canvas.getBoundingClientRect();
    const ratio = this.#canvas.width / Math.max(1, box.width);
    const column = Math.floor(x * ratio - Math.round(box.left * ratio));
    const row = Math.floor(y * ratio - Math.round(box.top * ratio));
    const part = this.#placements.findIndex(({ left, width }) => column >= left && column < left + width);
    const [loaded, placement] = [scene.parts[part], this.#placements[part]];
    if (loaded === undefined || placement === undefined) return undefined;
    const hit = pick(loaded.drawn, loaded.values, placement, link.clip, column, row);
    return hit === undefined ? undefined : { ...hit, part };
  }

  /** Finds the place of a point in the picture, in CSS pixels; undefined where it is outside. */
  placeOf(part: number, position: readonly [number, number, number]): readonly [number, number] | undefined {
    const placement = this.#placements[part];
    const centre = this.#content?.scene.parts[part]?.whole.centre;
    if (placement === undefined || centre === undefined) return undefined;
    const { axes, scale, middle, left, width, height } = placement;
    const along = (row: 0 | 1): number =>
      axes[row].reduce(
        (sum, value, axis) => sum + value * ((position[axis] as number) - (centre[axis] as number)),
        0,
      );
    const ratio = this.#canvas.width / Math.max(1, this.#canvas.clientWidth);
    const x = left + width / 2 + (along(0) - middle[0]) * scale;
    const y = height / 2 - (along(1) - middle[1]) * scale;
    return x < left || x > left + width || y < 0 || y > height ? undefined : [x / ratio, y / ratio];
  }

  /** Makes a PNG of the picture as it is. */
  async save(): Promise<Blob> {
    this.#isMoving = false;
    this.draw();
    const blob = await new Promise<Blob | null>((resolve) => this.#canvas.toBlob(resolve, 'image/png'));
    if (blob === null) throw new Error('The browser could not make a PNG of the picture.');
    return blob;
  }
}
