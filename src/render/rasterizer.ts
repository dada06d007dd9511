import { type Rgb, TABLE_SIZE } from './color.ts';
import type { Image } from './image.ts';
import { diffuseAt, highlightAt } from './lighting.ts';
import type { Projection } from './projection.ts';
import type { Scene } from './scene.ts';

/** Number of samples drawn between two yields, about. */
const SAMPLES_PER_STEP = 2 ** 15;
/** Half the width of the mesh's edges, pixels; and what they leave of a colour. */
const EDGE_HALF_WIDTH = 0.5;
const EDGE_COLOR_SHARE = 0.5;
/**
 * Distance by which a thing must be nearer, in samples, to hide what was drawn before: of two in one place the first
 * stays.
 */
const HIDING_DISTANCE = 1e-3;

/** Colours of a scene. */
export interface Paint {
  /** Colours in {@link TABLE_SIZE} steps, red, green and blue one after the other. */
  readonly table: Uint8Array;
  readonly nan: Rgb;
  readonly lighting: boolean;
  readonly edges: boolean;
  /** Half the width of lines, pixels. */
  readonly lineRadius: number;
}

/** Places of things on the scale of colours: each point, or each triangle and each piece of a line. */
export type Places =
  | { readonly points: Float32Array }
  | { readonly triangles: Float32Array; readonly segments: Float32Array };

/** Samples of a picture, several a pixel: the nearest thing at each and its colour. */
export class Rasterizer {
  readonly #width: number;
  readonly #height: number;
  /** Samples across and down a pixel. */
  readonly #density: number;
  readonly #paint: Paint;
  readonly #nearness: Float32Array;
  /** Colours of the samples: red in the lowest byte, then green, blue, 255; 0 where nothing is drawn. */
  readonly #samples: Uint32Array;
  /** Corners of the triangle at hand: x, y, nearness, place on the scale and normal of each corner. */
  readonly #corners = new Float64Array(21);
  #sides = 0;

  constructor(size: { readonly width: number; readonly height: number }, density: number, paint: Paint) {
    this.#width = size.width * density;
    this.#height = size.height * density;
    this.#density = density;
    this.#paint = paint;
    this.#nearness = new Float32Array(this.#width * this.#height);
    this.#samples = new Uint32Array(this.#width * this.#height);
  }

  *draw(scene: Scene, projection: Projection, places: Places): Generator<void, void> {
    for (let begin = 0; begin < this.#nearness.length; begin += 16 * SAMPLES_PER_STEP) {
      this.#nearness.fill(Number.NEGATIVE_INFINITY, begin, begin + 16 * SAMPLES_PER_STEP);
      yield;
    }
    yield* this.#drawTriangles(scene, projection, places);
    yield* this.#drawSegments(scene, projection, places);
  }

  *#drawTriangles(
    { triangles, sides }: Scene,
    projection: Projection,
    places: Places,
  ): Generator<void, void> {
    let work = 0;
    for (let triangle = 0; triangle < sides.length; triangle++) {
      const box = this.#setUp(triangle, triangles, projection, places);
      work += 16;
      if (box !== undefined) {
        this.#sides = this.#paint.edges ? (sides[triangle] as number) : 0;
        const across = box.right - box.left + 1;
        const rows = Math.max(1, Math.floor(SAMPLES_PER_STEP / across));
        for (let top = box.top; top <= box.bottom; top += rows) {
          const bottom = Math.min(top + rows - 1, box.bottom);
          this.#fill(box.left, box.right, top, bottom);
          work += across * (bottom - top + 1);
          if (work < SAMPLES_PER_STEP) continue;
          work = 0;
          yield;
        }
      }
      if (work < SAMPLES_PER_STEP) continue;
      work = 0;
      yield;
    }
  }

  /** Loads a triangle and returns the box of the samples it may cover. */
  #setUp(
    triangle: number,
    triangles: Int32Array,
    projection: Projection,
    places: Places,
  ): { left: number; right: number; top: number; bottom: number } | undefined {
    const corners = this.#corners;
    const density = this.#density;
    for (let corner = 0; corner < 3; corner++) {
      const point = triangles[3 * triangle + corner] as number;
      corners[3 * corner] = density * (projection.places[3 * point] as number);
      corners[3 * corner + 1] = density * (projection.places[3 * point + 1] as number);
      corners[3 * corner + 2] = density * (projection.places[3 * point + 2] as number);
      corners[9 + corner] = (
        'points' in places ? places.points[point] : places.triangles[triangle]
      ) as number;
    }
    const ax = corners[0] as number;
    const ay = corners[1] as number;
    const az = corners[2] as number;
    const bx = corners[3] as number;
    const by = corners[4] as number;
    const bz = corners[5] as number;
    const cx = corners[6] as number;
    const cy = corners[7] as number;
    const cz = corners[8] as number;
    const left = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
    const right = Math.min(this.#width - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
    const top = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
    const bottom = Math.min(this.#height - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
    // Also where a coordinate is NaN.
    if (!(left <= right && top <= bottom)) return undefined;
    if (!this.#paint.lighting) return { left, right, top, bottom };
    // In the camera's axes y runs up.
    const x = (ay - by) * (cz - az) - (bz - az) * (ay - cy);
    const y = (bz - az) * (cx - ax) - (bx - ax) * (cz - az);
    const z = (bx - ax) * (ay - cy) - (ay - by) * (cx - ax);
    const length = Math.sqrt(x * x + y * y + z * z);
    if (length === 0) return undefined;
    this.#loadNormals(triangle, triangles, projection.normals, x / length, y / length, z / length);
    return { left, right, top, bottom };
  }

  /**
   * Loads the normals of the corners on the side that the eye sees: of a point's normals the one nearest to the
   * triangle's.
   */
  #loadNormals(
    triangle: number,
    triangles: Int32Array,
    normals: Float32Array,
    x: number,
    y: number,
    z: number,
  ): void {
    const corners = this.#corners;
    const side = z < 0 ? -1 : 1;
    for (let corner = 0; corner < 3; corner++) {
      const first = 9 * (triangles[3 * triangle + corner] as number);
      let best = 0;
      let [bestX, bestY, bestZ] = [side * x, side * y, side * z];
      for (let at = first; at < first + 9; at += 3) {
        const nx = normals[at] as number;
        const ny = normals[at + 1] as number;
        const nz = normals[at + 2] as number;
        const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
        const cosine = length > 0 ? (nx * x + ny * y + nz * z) / length : 0;
        if (Math.abs(cosine) <= best) continue;
        best = Math.abs(cosine);
        const scale = (cosine < 0 ? -side : side) / length;
        bestX = scale * nx;
        bestY = scale * ny;
        bestZ = scale * nz;
      }
      corners[12 + 3 * corner] = bestX;
      corners[13 + 3 * corner] = bestY;
      corners[14 + 3 * corner] = bestZ;
    }
  }

  /** Draws the triangle at hand in a box of samples. */
  #fill(left: number, right: number, top: number, bottom: number): void {
    const corners = this.#corners;
    const ax = corners[0] as number;
    const ay = corners[1] as number;
    const az = corners[2] as number;
    const bx = corners[3] as number;
    const by = corners[4] as number;
    const bz = corners[5] as number;
    const cx = corners[6] as number;
    const cy = corners[7] as number;
    const cz = corners[8] as number;
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
    if (area === 0) return;
    const width = this.#width;
    const nearness = this.#nearness;
    // Shares of the first two corners change by these from sample to sample.
    const du = (by - cy) / area;
    const dv = (cy - ay) / area;
    for (let y = top; y <= bottom; y++) {
      const py = y + 0.5;
      const row = y * width;
      for (let x = left; x <= right; x++) {
        const px = x + 0.5;
        const u = (px - cx) * du + ((cx - bx) * (py - cy)) / area;
        if (u < -1e-6) continue;
        const v = (px - cx) * dv + ((ax - cx) * (py - cy)) / area;
        const w = 1 - u - v;
        if (v < -1e-6 || w < -1e-6) continue;
        const near = u * az + v * bz + w * cz;
        if (near <= (nearness[row + x] as number) + HIDING_DISTANCE) continue;
        nearness[row + x] = near;
        this.#set(row + x, u, v, w, area);
      }
    }
  }

  /** Colours a sample of the triangle at hand by the shares that its corners have in it. */
  #set(sample: number, u: number, v: number, w: number, area: number): void {
    const corners = this.#corners;
    const place = u * (corners[9] as number) + v * (corners[10] as number) + w * (corners[11] as number);
    let light = 1;
    let white = 0;
    if (this.#paint.lighting) {
      const x = u * (corners[12] as number) + v * (corners[15] as number) + w * (corners[18] as number);
      const y = u * (corners[13] as number) + v * (corners[16] as number) + w * (corners[19] as number);
      const z = u * (corners[14] as number) + v * (corners[17] as number) + w * (corners[20] as number);
      const scale = 1 / Math.sqrt(x * x + y * y + z * z);
      light = diffuseAt(x * scale, y * scale, z * scale);
      white = highlightAt(x * scale, y * scale, z * scale);
    }
    if (this.#sides !== 0) light *= this.#edgeShade(u, v, w, Math.abs(area));
    this.#samples[sample] = this.#mix(place, light, white);
  }

  /** Computes what an edge of the mesh near a sample leaves of its colour. */
  #edgeShade(u: number, v: number, w: number, area: number): number {
    const corners = this.#corners;
    const reach = EDGE_HALF_WIDTH * this.#density;
    let least = Number.POSITIVE_INFINITY;
    let lowest = Number.POSITIVE_INFINITY;
    for (let side = 0; side < 3; side++) {
      const from = 3 * ((side + 1) % 3);
      const to = 3 * ((side + 2) % 3);
      const length = Math.hypot(
        (corners[from] as number) - (corners[to] as number),
        (corners[from + 1] as number) - (corners[to + 1] as number),
      );
      const height = area / length;
      if (height < lowest) lowest = height;
      if ((this.#sides & (1 << side)) === 0) continue;
      const distance = (side === 0 ? u : side === 1 ? v : w) * height;
      if (distance < least) least = distance;
    }
    // Where triangles are hardly wider than the lines, the lines would be all that is seen.
    const strength = Math.min(1, Math.max(0, (lowest / reach - 2) / 6));
    const cover = Math.min(1, Math.max(0, reach + 0.5 - least));
    return 1 - (1 - EDGE_COLOR_SHARE) * strength * cover;
  }

  /** Computes the colour at a place on the scale, lit. */
  #mix(place: number, light: number, white: number): number {
    const { table, nan } = this.#paint;
    let red = nan[0];
    let green = nan[1];
    let blue = nan[2];
    if (place === place) {
      const clamped = place < 0 ? 0 : place > 1 ? 1 : place;
      const at = 3 * Math.floor(clamped * (TABLE_SIZE - 1) + 0.5);
      red = table[at] as number;
      green = table[at + 1] as number;
      blue = table[at + 2] as number;
    }
    red = red * light + white + 0.5;
    green = green * light + white + 0.5;
    blue = blue * light + white + 0.5;
    return (
      ((255 << 24) |
        ((blue > 255 ? 255 : blue) << 16) |
        ((green > 255 ? 255 : green) << 8) |
        (red > 255 ? 255 : red)) >>>
      0
    );
  }

  *#drawSegments({ segments }: Scene, projection: Projection, places: Places): Generator<void, void> {
    let work = 0;
    for (let piece = 0; 2 * piece < segments.length; piece++) {
      const from = segments[2 * piece] as number;
      const to = segments[2 * piece + 1] as number;
      const [first, last] =
        'points' in places
          ? [places.points[from] as number, places.points[to] as number]
          : [places.segments[piece] as number, places.segments[piece] as number];
      work += this.#drawTube(projection.places, 3 * from, 3 * to, first, last);
      if (work < SAMPLES_PER_STEP) continue;
      work = 0;
      yield;
    }
  }

  /** Draws a piece of a line as a round tube with round ends; returns the samples looked at. */
  #drawTube(places: Float32Array, from: number, to: number, first: number, last: number): number {
    const density = this.#density;
    const radius = density * this.#paint.lineRadius;
    const ax = density * (places[from] as number);
    const ay = density * (places[from + 1] as number);
    const az = density * (places[from + 2] as number);
    const dx = density * (places[to] as number) - ax;
    const dy = density * (places[to + 1] as number) - ay;
    const dz = density * (places[to + 2] as number) - az;
    const squared = dx * dx + dy * dy;
    const left = Math.max(0, Math.ceil(Math.min(ax, ax + dx) - radius - 0.5));
    const right = Math.min(this.#width - 1, Math.floor(Math.max(ax, ax + dx) + radius - 0.5));
    const top = Math.max(0, Math.ceil(Math.min(ay, ay + dy) - radius - 0.5));
    const bottom = Math.min(this.#height - 1, Math.floor(Math.max(ay, ay + dy) + radius - 0.5));
    if (!(left <= right && top <= bottom)) return 1;
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const px = x + 0.5 - ax;
        const py = y + 0.5 - ay;
        const along = squared > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / squared)) : 0;
        const ox = (px - along * dx) / radius;
        const oy = (py - along * dy) / radius;
        const off = ox * ox + oy * oy;
        if (off > 1) continue;
        const up = Math.sqrt(1 - off);
        const sample = y * this.#width + x;
        const near = az + along * dz + up * radius;
        if (near <= (this.#nearness[sample] as number)) continue;
        this.#nearness[sample] = near;
        const place = first + along * (last - first);
        const { lighting } = this.#paint;
        this.#samples[sample] = this.#mix(
          place,
          lighting ? diffuseAt(ox, -oy, up) : 1,
          lighting ? highlightAt(ox, -oy, up) : 0,
        );
      }
    }
    return (right - left + 1) * (bottom - top + 1);
  }

  /** Resolves the picture: the mean of the samples of each pixel, over a background. */
  *resolve(background: Rgb): Generator<void, Image> {
    const density = this.#density;
    const width = this.#width / density;
    const height = this.#height / density;
    const data = new Uint8ClampedArray(4 * width * height);
    const rows = Math.max(1, Math.floor(SAMPLES_PER_STEP / this.#width));
    for (let top = 0; top < height; top += rows) {
      for (let y = top; y < Math.min(top + rows, height); y++) this.#resolveRow(y, width, data, background);
      yield;
    }
    return { width, height, data };
  }

  #resolveRow(y: number, width: number, data: Uint8ClampedArray, [r, g, b]: Rgb): void {
    const density = this.#density;
    const count = density * density;
    for (let x = 0; x < width; x++) {
      const to = 4 * (y * width + x);
      if (this.#isEmpty(x, y)) {
        data[to] = r;
        data[to + 1] = g;
        data[to + 2] = b;
        data[to + 3] = 255;
        continue;
      }
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let row = 0; row < density; row++) {
        const first = (y * density + row) * this.#width + x * density;
        for (let column = 0; column < density; column++) {
          const sample = this.#samples[first + column] as number;
          red += sample === 0 ? r : sample & 255;
          green += sample === 0 ? g : (sample >> 8) & 255;
          blue += sample === 0 ? b : (sample >> 16) & 255;
        }
      }
      data[to] = red / count;
      data[to + 1] = green / count;
      data[to + 2] = blue / count;
      data[to + 3] = 255;
    }
  }

  /** Tells whether nothing is drawn at any sample of a pixel. */
  #isEmpty(x: number, y: number): boolean {
    const density = this.#density;
    for (let row = 0; row < density; row++) {
      const first = (y * density + row) * this.#width + x * density;
      for (let column = 0; column < density; column++) if (this.#samples[first + column] !== 0) return false;
    }
    return true;
  }
}
