import { type Geometry, type ShownValues, sidesOf } from './geometry.ts';
import { NOT_FINITE } from './shaders.ts';
import { type ShadedVertices, shadeVertices } from './shading.ts';

/** Places of attributes in the programs. */
const [POSITION, NORMAL, VALUE] = [0, 1, 2];

/** Geometry in the memory of the graphics processor, with the values that it was shown with last. */
export class MeshBuffers {
  readonly geometry: Geometry;
  readonly #gl: WebGL2RenderingContext;
  readonly #made: WebGLBuffer[] = [];
  /** Vertices by points and, once an array over cells is shown, three a triangle. */
  #byPoint: Vertices | undefined;
  #byCorner: Vertices | undefined;
  #shaded: ShadedVertices | undefined;
  #edges: { readonly buffer: WebGLBuffer; readonly count: number } | undefined;
  #strokes: { readonly array: WebGLVertexArrayObject; readonly buffer: WebGLBuffer } | undefined;
  #strokesOf: ShownValues | undefined | null = null;

  constructor(gl: WebGL2RenderingContext, geometry: Geometry) {
    this.#gl = gl;
    this.geometry = geometry;
  }

  get numStrokes(): number {
    return this.geometry.lines.length / 2 + this.geometry.vertices.length;
  }

  /** Draws the triangles. */
  drawTriangles(values: ShownValues | undefined): void {
    const gl = this.#gl;
    const { triangles } = this.geometry;
    if (triangles.length === 0) return;
    const byCell = values?.facts.on === 'cell';
    const vertices = byCell ? this.#corners() : this.#points();
    gl.bindVertexArray(vertices.array);
    this.#setValues(vertices, values);
    if (byCell) gl.drawArrays(gl.TRIANGLES, 0, triangles.length);
    else {
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, vertices.indices as WebGLBuffer);
      gl.drawElements(gl.TRIANGLES, triangles.length, gl.UNSIGNED_INT, 0);
    }
  }

  /** Draws the sides of polygons as lines. */
  drawEdges(): void {
    const gl = this.#gl;
    if (this.geometry.triangles.length === 0) return;
    const vertices = this.#points();
    gl.bindVertexArray(vertices.array);
    if (this.#edges === undefined) {
      const ends = sidesOf(this.geometry);
      const buffer = this.#buffer();
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, ends, gl.STATIC_DRAW);
      this.#edges = { buffer, count: ends.length };
    }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#edges.buffer);
    gl.drawElements(gl.LINES, this.#edges.count, gl.UNSIGNED_INT, 0);
  }

  /** Draws lines and points, each as a strip. */
  drawStrokes(values: ShownValues | undefined): void {
    const gl = this.#gl;
    const count = this.numStrokes;
    if (count === 0) return;
    if (this.#strokes === undefined) {
      const array = gl.createVertexArray();
      gl.bindVertexArray(array);
      const corners = this.#buffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, corners);
      gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, -1, 1, -1, 0, 1, 1, 1]), gl.STATIC_DRAW);
      gl.enableVertexAttribArray(0);
      gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
      const buffer = this.#buffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      for (const [at, size, offset] of [
        [1, 3, 0],
        [2, 3, 12],
        [3, 2, 24],
      ] as const) {
        gl.enableVertexAttribArray(at);
        gl.vertexAttribPointer(at, size, gl.FLOAT, false, 32, offset);
        gl.vertexAttribDivisor(at, 1);
      }
      this.#strokes = { array, buffer };
    }
    gl.bindVertexArray(this.#strokes.array);
    if (this.#strokesOf !== values) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#strokes.buffer);
      gl.bufferData(gl.ARRAY_BUFFER, strokeData(this.geometry, values), gl.DYNAMIC_DRAW);
      this.#strokesOf = values;
    }
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
  }

  /** Gives the memory back. */
  free(): void {
    for (const buffer of this.#made) this.#gl.deleteBuffer(buffer);
    for (const vertices of [this.#byPoint, this.#byCorner, this.#strokes])
      if (vertices !== undefined) this.#gl.deleteVertexArray(vertices.array);
  }

  #buffer(): WebGLBuffer {
    const buffer = this.#gl.createBuffer();
    this.#made.push(buffer);
    return buffer;
  }

  #points(): Vertices {
    if (this.#byPoint === undefined) {
      const { positions } = this.geometry;
      const { indices, repeated, normals } = this.#shading();
      const all = new Float32Array(positions.length + 3 * repeated.length);
      all.set(positions);
      all.set(spread(positions, repeated, 3), positions.length);
      this.#byPoint = this.#vertices(all, normals);
      const gl = this.#gl;
      this.#byPoint.indices = this.#buffer();
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#byPoint.indices);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, indices, gl.STATIC_DRAW);
    }
    return this.#byPoint;
  }

  #corners(): Vertices {
    if (this.#byCorner === undefined) {
      const { indices, normals } = this.#shading();
      const { positions, triangles } = this.geometry;
      this.#byCorner = this.#vertices(spread(positions, triangles, 3), spread(normals, indices, 4));
    }
    return this.#byCorner;
  }

  #shading(): ShadedVertices {
    this.#shaded ??= shadeVertices(this.geometry);
    return this.#shaded;
  }

  #vertices(positions: Float32Array, normals: Int16Array): Vertices {
    const gl = this.#gl;
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer());
    gl.bufferData(gl.ARRAY_BUFFER, positions, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(POSITION);
    gl.vertexAttribPointer(POSITION, 3, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer());
    gl.bufferData(gl.ARRAY_BUFFER, normals, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(NORMAL);
    gl.vertexAttribPointer(NORMAL, 4, gl.SHORT, true, 0, 0);
    return { array, values: this.#buffer(), shown: null, indices: undefined };
  }

  #setValues(vertices: Vertices, values: ShownValues | undefined): void {
    const gl = this.#gl;
    if (vertices.shown === values) return;
    vertices.shown = values;
    if (values === undefined) {
      gl.disableVertexAttribArray(VALUE);
      return;
    }
    const { triangleCells } = this.geometry;
    const finite = finiteOnly(values.values);
    const data =
      values.facts.on === 'cell'
        ? eachThrice(finite, triangleCells)
        : withRepeated(finite, this.#shading().repeated);
    gl.bindBuffer(gl.ARRAY_BUFFER, vertices.values);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(VALUE);
    gl.vertexAttribPointer(VALUE, 1, gl.FLOAT, false, 0, 0);
  }
}

interface Vertices {
  readonly array: WebGLVertexArrayObject;
  readonly values: WebGLBuffer;
  /** Values that the buffer holds; null before any were set. */
  shown: ShownValues | undefined | null;
  indices: WebGLBuffer | undefined;
}

/** Gives values of which those that are not finite are a number so large that it shows through any mixing. */
function finiteOnly(values: Float32Array): Float32Array {
  const isBad = (value: number): boolean => value - value !== 0;
  return values.some(isBad) ? values.map((value) => (isBad(value) ? NOT_FINITE : value)) : values;
}

/** Copies rows in the order of numbers. */
function spread<T extends Float32Array | Int16Array>(rows: T, numbers: Uint32Array, width: number): T {
  const copy = new (rows.constructor as new (length: number) => T)(width * numbers.length);
  for (let at = 0; at < numbers.length; at++)
    for (let place = 0; place < width; place++)
      copy[width * at + place] = rows[width * (numbers[at] as number) + place] as number;
  return copy;
}

/** Repeats the values of points that are there more than once. */
function withRepeated(values: Float32Array, repeated: Uint32Array): Float32Array {
  if (repeated.length === 0) return values;
  const all = new Float32Array(values.length + repeated.length);
  all.set(values);
  all.set(spread(values, repeated, 1), values.length);
  return all;
}

function eachThrice(values: Float32Array, numbers: Uint32Array): Float32Array<ArrayBuffer> {
  const copy = new Float32Array(3 * numbers.length);
  for (let at = 0; at < numbers.length; at++)
    copy.fill(values[numbers[at] as number] as number, 3 * at, 3 * at + 3);
  return copy;
}

/** Lists both ends of each line and point, and the values there: eight numbers each. */
function strokeData(geometry: Geometry, shown: ShownValues | undefined): Float32Array<ArrayBuffer> {
  const { positions, lines, vertices, lineCells, vertexCells } = geometry;
  const numLines = lines.length / 2;
  const data = new Float32Array(8 * (numLines + vertices.length));
  const values = shown === undefined ? undefined : finiteOnly(shown.values);
  const byCell = shown?.facts.on === 'cell';
  for (let stroke = 0; stroke < data.length / 8; stroke++) {
    const isLine = stroke < numLines;
    const from = (isLine ? lines[2 * stroke] : vertices[stroke - numLines]) as number;
    const to = (isLine ? lines[2 * stroke + 1] : from) as number;
    const cell = (isLine ? lineCells[stroke] : vertexCells[stroke - numLines]) as number;
    data.set(positions.subarray(3 * from, 3 * from + 3), 8 * stroke);
    data.set(positions.subarray(3 * to, 3 * to + 3), 8 * stroke + 3);
    data[8 * stroke + 6] = values?.[byCell ? cell : from] ?? 0;
    data[8 * stroke + 7] = values?.[byCell ? cell : to] ?? 0;
  }
  return data;
}
