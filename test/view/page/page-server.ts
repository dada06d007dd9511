import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isTensor, type Mesh } from '../../../src/core/mesh.ts';
import { runSteps } from '../../../src/core/time-slice.ts';
import { writeSafetensors } from '../../../src/graph/safetensors.ts';
import { compileFilter } from '../../../src/metadata/filter-expression.ts';
import { fieldValues, findField } from '../../../src/render/field.ts';
import { sceneSteps } from '../../../src/render/scene.ts';
import { sliceMesh } from '../../../src/render/slice-mesh.ts';
import { surfaceSteps } from '../../../src/render/surface.ts';
import { usedPoints } from '../../../src/render/surface-mesh.ts';
import type {
  SampleDescription,
  SurfaceTensors,
  ValuesFacts,
  ViewedArray,
  ViewFault,
  ViewSession,
} from '../../../src/view/view-protocol.ts';
import { FAULTS_HEADER, type ReportPage, STATUS_HEADER } from '../../../src/view/view-protocol.ts';

/** Sample of a server of a test. */
export interface StagedSample {
  readonly id: string;
  readonly metadata?: Readonly<Record<string, string | number>>;
  readonly mesh: Mesh | ViewFault;
  /** Arrays of each step, which take the place of those of the mesh. */
  readonly steps?: readonly Mesh['pointData'][];
  readonly units?: Readonly<Record<string, string>>;
}

/** Policy that the real server has, too. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
};

class Refusal extends Error {
  readonly fault: ViewFault;
  readonly status: number;

  constructor(code: ViewFault['code'], message: string, status = 422) {
    super(message);
    this.fault = { code, message, path: undefined, offset: undefined };
    this.status = status;
  }
}

type Drawn = SurfaceTensors & {
  readonly kept: Int32Array;
  readonly centre: readonly [number, number, number];
  readonly bounds: Bounds;
};
interface Bounds {
  readonly low: [number, number, number];
  readonly high: [number, number, number];
}

/** Server of the page over meshes in memory, which speaks its protocol: it can be slow, and go away. */
export class PageServer {
  readonly asked: string[] = [];
  /** Requests that were ended before they were answered. */
  readonly aborted: string[] = [];
  /** Promise that answers wait for; undefined: none. */
  hold: ((route: string, query: URLSearchParams) => Promise<void> | undefined) | undefined;
  session = 'one';
  /** Course of a run; undefined: none. */
  report: ReportPage | undefined;
  readonly #samples: readonly StagedSample[];
  readonly #folder: string;
  #server: Server | undefined;
  #port = 0;

  constructor(samples: readonly StagedSample[], folder: string) {
    this.#samples = samples;
    this.#folder = folder;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page');
    response.setHeader('content-security-policy', POLICY);
    try {
      if (!pathname.startsWith('/api/')) {
        const name = pathname === '/' ? 'index.html' : pathname.slice(1);
        response.setHeader('content-type', TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain');
        response.end(await readFile(join(this.#folder, name)));
        return;
      }
      const route = pathname.slice(5);
      this.asked.push(`${route}?${searchParams.toString()}`);
      response.on('close', () => {
        if (!response.writableFinished) this.aborted.push(`${route}?${searchParams.toString()}`);
      });
      await this.hold?.(route, searchParams);
      response.setHeader('cache-control', 'no-store');
      const answer = this.#route(route, searchParams);
      response.setHeader(
        'content-type',
        answer instanceof Uint8Array ? 'application/octet-stream' : 'application/json',
      );
      response.end(answer instanceof Uint8Array ? answer : JSON.stringify(answer));
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal('INTERNAL', String(error), 500);
      const isTold = request.headers[FAULTS_HEADER] === 'told';
      if (isTold) response.setHeader(STATUS_HEADER, refusal.status);
      response.writeHead(isTold ? 200 : refusal.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(refusal.fault));
    }
  }

  #route(route: string, query: URLSearchParams): unknown {
    switch (route) {
      case 'session':
        return {
          session: this.session,
          version: '0',
          source: 'memory',
          samples: this.#samples.length,
          array: undefined,
          where: undefined,
          thumbnails: false,
          report: this.report === undefined ? undefined : 'run.jsonl',
        } satisfies ViewSession;
      case 'report':
        return {
          ...this.report,
          figures: query.get('from') === '0' ? this.report?.figures : [],
          isAnew: false,
        };
      case 'samples':
        return this.#list(query);
      case 'sample':
        return describe(this.#sample(query));
      case 'surface': {
        const { centre, bounds, kept: _, ...tensors } = this.#surface(query);
        const mesh = meshOf(this.#sample(query));
        const facts = {
          mesh: nameOf(mesh),
          centre,
          bounds,
          meshPoints: mesh.points.shape[0],
          meshCells: mesh.cells.types.length,
        };
        return pack({ ...tensors }, facts);
      }
      case 'values': {
        const drawn = this.#surface(query);
        const { facts, values } = this.#values(query, this.#mesh(query), drawn);
        return pack({ values }, facts);
      }
      case 'slice':
        return this.#slice(query);
      case 'range': {
        const sample = this.#sample(query);
        const all = (sample.steps ?? [0]).map((_, step) => {
          const each = new URLSearchParams(query);
          each.set('step', String(step));
          return this.#values(each, this.#mesh(each), this.#surface(each)).facts;
        });
        return joined(all);
      }
      case 'probe': {
        const mesh = this.#mesh(query);
        const field = findField(mesh, query.get('array') ?? '', 'memory', componentOf(query));
        const number = Number(query.get('point') ?? query.get('cell'));
        const [value = Number.NaN] = runSteps(fieldValues(field, Int32Array.of(number)));
        return { array: field.name, on: 'node', number, value, text: String(value), components: [] };
      }
      default:
        throw new Refusal('NOT_FOUND', `There is no ${route}.`, 404);
    }
  }

  #list(query: URLSearchParams): unknown {
    const where = query.get('where') ?? '';
    let matching = this.#samples;
    if (where !== '') {
      try {
        const filter = compileFilter(where);
        matching = matching.filter(({ metadata = {} }) => filter(metadata));
      } catch (error) {
        throw new Refusal('CONFIG', error instanceof Error ? error.message : String(error), 400);
      }
    }
    const from = Number(query.get('from') ?? 0);
    const some = matching.slice(from, from + Number(query.get('count') ?? 100));
    return {
      total: this.#samples.length,
      matching: matching.length,
      from,
      samples: some.map(({ id, metadata = {} }) => ({
        id,
        details: Object.entries(metadata).map(([key, value]) => `${key} ${value}`),
        bytes: 1234,
      })),
    };
  }

  #sample(query: URLSearchParams): StagedSample {
    const id = query.get('sample');
    const found = this.#samples.find((sample) => sample.id === id);
    if (found === undefined) throw new Refusal('NOT_FOUND', `There is no sample "${id}".`, 404);
    return found;
  }

  #mesh(query: URLSearchParams): Mesh {
    const sample = this.#sample(query);
    const mesh = meshOf(sample);
    const step = sample.steps?.[Number(query.get('step') ?? 0)];
    return step === undefined ? mesh : { ...mesh, pointData: new Map([...mesh.pointData, ...step]) };
  }

  #surface(query: URLSearchParams): Drawn {
    return draw(meshOf(this.#sample(query)));
  }

  #values(query: URLSearchParams, mesh: Mesh, drawn: Drawn): { facts: ValuesFacts; values: Float32Array } {
    const name = query.get('array') ?? '';
    if (name.startsWith('broken'))
      throw new Refusal('FORMAT', `memory/case.vtu: the array "${name}" is cut off.`);
    const field = findField(mesh, name, 'memory', componentOf(query));
    const rows = field.on === 'points' ? drawn.kept : Int32Array.from(drawn.cells);
    const doubles = runSteps(fieldValues(field, rows));
    const minus = query.get('minus');
    if (minus !== null) {
      const other = new URLSearchParams(query);
      other.set('sample', minus);
      other.delete('minus');
      if (nameOf(meshOf(this.#sample(other))) !== nameOf(meshOf(this.#sample(query))))
        throw new Refusal('OTHER_MESH', `${query.get('sample')} and ${minus} have other meshes.`, 409);
      const taken = runSteps(
        fieldValues(findField(this.#mesh(other), name, 'memory', componentOf(query)), rows),
      );
      for (const [at, value] of taken.entries()) (doubles[at] as number) -= value;
    }
    const finite = doubles.filter(Number.isFinite);
    const range = finite.length === 0 ? undefined : ([Math.min(...finite), Math.max(...finite)] as const);
    const mid = range === undefined ? 0 : (range[0] + range[1]) / 2;
    const positive = finite.filter((value) => value > 0);
    const facts: ValuesFacts = {
      array: name,
      on: field.on === 'points' ? 'node' : 'cell',
      mesh: nameOf(meshOf(this.#sample(query))),
      mid,
      scale: 1,
      range,
      leastPositive: positive.length === 0 ? undefined : Math.min(...positive),
      notFinite: doubles.length - finite.length,
      step: undefined,
    };
    return { facts, values: Float32Array.from(doubles, (value) => value - mid) };
  }

  #slice(query: URLSearchParams): Uint8Array {
    const plane = (query.get('plane') ?? '').split(',').map(Number) as [number, number, number, number];
    const { centre } = this.#surface(query);
    const mesh = this.#mesh(query);
    const number = Float64Array.from({ length: mesh.points.shape[0] as number }, (_, at) => at);
    const numbered = {
      ...mesh,
      pointData: new Map([...mesh.pointData, ['#', { data: number, shape: [number.length] }] as const]),
    };
    const slice = sliceMesh(numbered, plane);
    const drawn = draw(slice, centre);
    const values = (query.get('array') ?? '') === '' ? undefined : this.#values(query, slice, drawn);
    const { centre: _, bounds: __, kept: ___, ...tensors } = drawn;
    return pack(
      { ...tensors, ...(values === undefined ? {} : { values: values.values }) },
      { centre, values: values?.facts },
    );
  }
}

function componentOf(query: URLSearchParams): 'x' | 'y' | 'z' | undefined {
  return (query.get('component') ?? undefined) as 'x' | undefined;
}

function meshOf({ mesh }: StagedSample): Mesh {
  if ('code' in mesh) throw new Refusal(mesh.code, mesh.message);
  return mesh;
}

const names = new Map<object, string>();
function nameOf(mesh: Mesh): string {
  const name = names.get(mesh.points) ?? `mesh-${names.size}`;
  names.set(mesh.points, name);
  return name;
}

function joined(all: readonly ValuesFacts[]): unknown {
  const ranges = all.flatMap(({ range }) => (range === undefined ? [] : [range]));
  const positive = all.flatMap(({ leastPositive }) => (leastPositive === undefined ? [] : [leastPositive]));
  return {
    range: [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))],
    leastPositive: positive.length === 0 ? undefined : Math.min(...positive),
    notFinite: 0,
  };
}

function describe(sample: StagedSample): SampleDescription {
  const { id, metadata = {}, steps = [], units = {} } = sample;
  const mesh = meshOf(sample);
  const arrays = (data: Mesh['pointData'], on: 'node' | 'cell'): readonly ViewedArray[] =>
    [...data].flatMap(([name, array]) =>
      isTensor(array)
        ? [
            {
              name,
              on,
              type: 'Float64',
              components: array.shape.slice(1).reduce((product, length) => product * length, 1),
              componentNames: [],
              unit: units[name],
              range: undefined,
              hasSteps: steps.length > 0,
            },
          ]
        : [],
    );
  const all = [...arrays(mesh.pointData, 'node'), ...arrays(mesh.cellData, 'cell')];
  return {
    id,
    files: [{ path: `${id}.vtu`, bytes: 1234 }],
    metadata: Object.entries(metadata).map(([key, value]) => [key, String(value)] as const),
    points: mesh.points.shape[0],
    cells: mesh.cells.types.length,
    arrays: all,
    first: all[0]?.name,
    steps: steps.map((_, step) => ({ step: 100 + 5 * step, time: step / 8 })),
    bounds: undefined,
  };
}

/** Makes what is drawn of a mesh, by the code that `render` has. */
function draw(mesh: Mesh, about?: readonly [number, number, number]): Drawn {
  const numPoints = mesh.points.shape[0] as number;
  const surface = runSteps(surfaceSteps(mesh.cells, numPoints, 'memory', undefined));
  const used = runSteps(usedPoints(surface, numPoints));
  const scene = runSteps(sceneSteps(mesh.points, surface, used));
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  const { data } = mesh.points;
  for (const point of used.kept) {
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis] as number, data[3 * point + axis] as number);
      high[axis] = Math.max(high[axis] as number, data[3 * point + axis] as number);
    }
  }
  const isNone = used.kept.length === 0;
  if (isNone && about === undefined) throw new Refusal('EMPTY', 'memory/empty.vtu has nothing to draw.');
  const centre =
    about ?? (low.map((value, axis) => (value + (high[axis] as number)) / 2) as [number, number, number]);
  const positions = new Float32Array(3 * used.kept.length);
  for (const [at, point] of used.kept.entries())
    for (let axis = 0; axis < 3; axis++)
      positions[3 * at + axis] = (data[3 * point + axis] as number) - (centre[axis] as number);
  const isLine = (piece: number): boolean => scene.segments[2 * piece] !== scene.segments[2 * piece + 1];
  const pieces = [...scene.segmentOwners.keys()];
  const cellOf = (owner: number): number => owner;
  return {
    positions,
    triangles: Uint32Array.from(scene.triangles),
    sides: scene.sides.map((flags) => ((flags >> 2) & 1) | ((flags << 1) & 6)),
    lines: Uint32Array.from(
      pieces.filter(isLine).flatMap((piece) => [...scene.segments.subarray(2 * piece, 2 * piece + 2)]),
    ),
    vertices: Uint32Array.from(
      pieces.filter((piece) => !isLine(piece)).map((piece) => scene.segments[2 * piece] as number),
    ),
    points: Uint32Array.from(
      about === undefined
        ? used.kept
        : used.kept.map((point) => Number((mesh.pointData.get('#') as { data: Float64Array }).data[point])),
    ),
    cells: Uint32Array.from({ length: mesh.cells.types.length }, (_, cell) => cell),
    triangleCells: Uint32Array.from(scene.polygons, (polygon) =>
      cellOf(surface.polygons.owners[polygon] as number),
    ),
    lineCells: Uint32Array.from(pieces.filter(isLine), (piece) => scene.segmentOwners[piece] as number),
    vertexCells: Uint32Array.from(
      pieces.filter((piece) => !isLine(piece)),
      (piece) => scene.segmentOwners[piece] as number,
    ),
    kept: used.kept,
    centre,
    bounds: isNone ? { low: [0, 0, 0], high: [0, 0, 0] } : { low, high },
  };
}

function pack(tensors: Readonly<Record<string, unknown>>, facts: unknown): Uint8Array {
  const entries = Object.entries(tensors).flatMap(([name, data]) =>
    ArrayBuffer.isView(data)
      ? [[name, { data: data as Float32Array<ArrayBuffer>, shape: [(data as Float32Array).length] }] as const]
      : [],
  );
  return writeSafetensors(entries, { facts: JSON.stringify(facts) });
}
