import { type ColorMapName, colorTable, type Rgb, TABLE_SIZE } from '../../render/color.ts';
import type { Plane } from '../../render/plane.ts';
import type { Geometry, ShownValues } from './geometry.ts';
import { MeshBuffers } from './mesh-buffers.ts';
import type { Placement } from './placement.ts';
import { strokeFragment, strokeVertex, surfaceFragment, surfaceVertex } from './shaders.ts';
import { type ColourScale, scaleNumbers } from './value-scale.ts';

/** Geometries that are kept in the memory of the graphics processor. */
const MAX_GEOMETRIES = 6;
/** Colour of a mesh that no array colours, and of values that are not finite, as `render` has them. */
const PLAIN: Rgb = [188, 196, 206];
export const NAN_COLOUR: Rgb = [255, 79, 216];
/** Depth by which edges and lines are drawn before what they lie on. */
const EDGE_LIFT = 2e-4;

/** Mesh in its part of the picture. */
export interface DrawnPart {
  readonly geometry: Geometry;
  readonly values: ShownValues | undefined;
  readonly placement: Placement;
  /** Half the diagonal of the whole mesh, which is as deep as the picture has to be. */
  readonly radius: number;
  readonly isSlice: boolean;
}

/** Look of a picture. */
export interface DrawnLook {
  readonly map: ColorMapName;
  readonly scale: ColourScale | undefined;
  readonly hasEdges: boolean;
  readonly isLit: boolean;
  readonly clip: Plane | undefined;
  readonly background: Rgb;
}

/** Program with its uniforms by name. */
interface Program {
  readonly program: WebGLProgram;
  readonly uniforms: ReadonlyMap<string, WebGLUniformLocation>;
}

/** Drawer of pictures by WebGL2 into a canvas. It draws when it is told to, and keeps what it has sent. */
export class PictureRenderer {
  readonly #gl: WebGL2RenderingContext;
  readonly #surface: Program;
  readonly #stroke: Program;
  readonly #table: WebGLTexture;
  #tableOf: ColorMapName | undefined;
  readonly #meshes = new Map<Geometry, MeshBuffers>();

  private constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#surface = link(gl, surfaceVertex, surfaceFragment);
    this.#stroke = link(gl, strokeVertex, strokeFragment);
    this.#table = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.#table);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  }

  /** Opens a renderer; undefined where the browser has no WebGL2. */
  static open(canvas: HTMLCanvasElement): PictureRenderer | undefined {
    const gl = canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      // The picture can be read at any time: by whoever saves it, too.
      preserveDrawingBuffer: true,
      powerPreference: 'high-performance',
    });
    return gl === null || gl.isContextLost() ? undefined : new PictureRenderer(gl);
  }

  /** Draws parts side by side, each into its place. */
  draw(parts: readonly DrawnPart[], look: DrawnLook): void {
    const gl = this.#gl;
    const { width, height } = gl.canvas;
    gl.enable(gl.SCISSOR_TEST);
    gl.viewport(0, 0, width, height);
    gl.scissor(0, 0, width, height);
    const [red, green, blue] = look.background;
    gl.clearColor(red / 255, green / 255, blue / 255, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    this.#setTable(look.map);
    for (const part of parts) this.#drawPart(part, look);
    this.#freeOthers(parts);
  }

  /** Waits until all is drawn. */
  finish(): void {
    const gl = this.#gl;
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  #drawPart(part: DrawnPart, look: DrawnLook): void {
    const gl = this.#gl;
    const { geometry, values, placement } = part;
    const { left, width, height } = placement;
    gl.viewport(left, 0, width, height);
    gl.scissor(left, 0, width, height);
    const buffers = this.#meshes.get(geometry) ?? new MeshBuffers(gl, geometry);
    // The last one used is the last one that goes.
    this.#meshes.delete(geometry);
    this.#meshes.set(geometry, buffers);
    if (geometry.triangles.length > 0) {
      this.#use(this.#surface, part, look);
      const isLit = look.isLit && !part.isSlice;
      gl.uniform1f(this.#at(this.#surface, 'lit'), isLit ? 1 : 0);
      gl.uniform1f(this.#at(this.#surface, 'lift'), 0);
      // Edges lie before the triangles that they are of, however steep those are.
      if (look.hasEdges) gl.enable(gl.POLYGON_OFFSET_FILL);
      gl.polygonOffset(1, 1);
      buffers.drawTriangles(values);
      gl.disable(gl.POLYGON_OFFSET_FILL);
      if (look.hasEdges) {
        gl.uniform1f(this.#at(this.#surface, 'lit'), 0);
        gl.uniform1f(this.#at(this.#surface, 'lift'), EDGE_LIFT);
        gl.uniform4f(this.#at(this.#surface, 'plain'), 0.12, 0.14, 0.17, 1);
        buffers.drawEdges();
      }
    }
    if (buffers.numStrokes > 0) {
      this.#use(this.#stroke, part, look);
      gl.uniform2f(this.#at(this.#stroke, 'size'), width, height);
      gl.uniform1f(this.#at(this.#stroke, 'radius'), strokeRadius(height));
      buffers.drawStrokes(values);
    }
    gl.bindVertexArray(null);
  }

  #use(program: Program, { geometry, values, placement, radius }: DrawnPart, look: DrawnLook): void {
    const gl = this.#gl;
    const { axes, scale, middle, width, height } = placement;
    gl.useProgram(program.program);
    const [[a, b, c], [d, e, f], [g, h, i]] = axes;
    gl.uniformMatrix3fv(this.#at(program, 'axes'), false, [a, d, g, b, e, h, c, f, i]);
    gl.uniform4f(this.#at(program, 'frame'), (2 * scale) / width, (2 * scale) / height, middle[0], middle[1]);
    gl.uniform1f(this.#at(program, 'depth'), 0.99 / radius);
    gl.uniform4f(this.#at(program, 'clip'), ...centredPlane(look.clip, geometry));
    const [red, green, blue] = NAN_COLOUR;
    gl.uniform3f(this.#at(program, 'nan'), red / 255, green / 255, blue / 255);
    const { scale: colours } = look;
    const one = values === undefined ? PLAIN : colours === undefined ? NAN_COLOUR : undefined;
    const [r = 0, s = 0, t = 0] = one ?? [];
    gl.uniform4f(this.#at(program, 'plain'), r / 255, s / 255, t / 255, one === undefined ? 0 : 1);
    const numbers =
      values === undefined || colours === undefined ? [0, 0, 0, 0] : scaleNumbers(colours, values.facts);
    gl.uniform4fv(this.#at(program, 'scale'), numbers);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.#table);
    gl.uniform1i(this.#at(program, 'table'), 0);
  }

  #at({ uniforms }: Program, name: string): WebGLUniformLocation | null {
    return uniforms.get(name) ?? null;
  }

  #setTable(map: ColorMapName): void {
    if (this.#tableOf === map) return;
    this.#tableOf = map;
    const gl = this.#gl;
    const colours = colorTable(map);
    const texels = new Uint8Array(4 * TABLE_SIZE).fill(255);
    for (let at = 0; at < TABLE_SIZE; at++) texels.set(colours.subarray(3 * at, 3 * at + 3), 4 * at);
    gl.bindTexture(gl.TEXTURE_2D, this.#table);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, TABLE_SIZE, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
  }

  /** Frees the geometries that were used the longest time ago. */
  #freeOthers(parts: readonly DrawnPart[]): void {
    for (const [geometry, buffers] of this.#meshes) {
      if (this.#meshes.size <= MAX_GEOMETRIES) return;
      if (parts.some((part) => part.geometry === geometry)) continue;
      buffers.free();
      this.#meshes.delete(geometry);
    }
  }
}

/** Computes half the width of lines, pixels, as `render` does. */
export function strokeRadius(height: number): number {
  return Math.max(1, height / 320);
}

/** Moves a plane to the coordinates that positions have; one beyond everything where there is none. */
export function centredPlane(
  plane: Plane | undefined,
  { centre }: Pick<Geometry, 'centre'>,
): readonly [number, number, number, number] {
  if (plane === undefined) return [0, 0, 0, 1];
  const [a, b, c, d] = plane;
  const length = Math.hypot(a, b, c);
  const over = d - (a * centre[0] + b * centre[1] + c * centre[2]);
  return [a / length, b / length, c / length, over / length];
}

function link(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type) as WebGLShader;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
    const logs = gl.getAttachedShaders(program)?.map((shader) => gl.getShaderInfoLog(shader)) ?? [];
    throw new Error(`The graphics driver refuses a program of this page: ${logs.join(' ')}`);
  }
  const uniforms = new Map<string, WebGLUniformLocation>();
  const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) as number;
  for (let index = 0; index < count; index++) {
    const name = gl.getActiveUniform(program, index)?.name;
    const location = name === undefined ? null : gl.getUniformLocation(program, name);
    if (name !== undefined && location !== null) uniforms.set(name, location);
  }
  return { program, uniforms };
}
