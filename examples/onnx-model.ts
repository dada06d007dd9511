/*
 * A writer of ONNX models (https://github.com/onnx/onnx, onnx.proto) as small as an example needs: Protocol
 * Buffers are pairs of a field's number and a value, which is an integer or a length and bytes.
 */

/** The weights of a layer, both row-major `[inputs, outputs]`. */
export interface Layer {
  /** Of a node itself. */
  readonly self: Float32Array<ArrayBuffer>;
  /** Of the nodes that its edges come from. */
  readonly neighbours: Float32Array<ArrayBuffer>;
  readonly inputs: number;
  readonly outputs: number;
}

type Bytes = Uint8Array<ArrayBuffer>;

const FLOAT = 1;
const INT64 = 7;

function join(parts: readonly Bytes[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function varint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}

/** A field: an integer, a text, or bytes of a message. */
function field(number: number, value: number | string | Bytes): Bytes {
  if (typeof value === 'number') return join([varint(number * 8), varint(value)]);
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return join([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function message(...fields: readonly Bytes[]): Bytes {
  return join(fields);
}

/** A TensorProto. */
function tensor(
  name: string,
  data: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>,
  dims: readonly number[],
): Bytes {
  return message(
    ...dims.map((length) => field(1, length)),
    field(2, data instanceof Float32Array ? FLOAT : INT64),
    field(8, name),
    field(9, new Uint8Array(data.buffer)),
  );
}

/** A ValueInfoProto; dimensions that are texts may have any length. */
function value(name: string, type: number, dims: readonly (number | string)[]): Bytes {
  const shape = message(
    ...dims.map((length) => field(1, typeof length === 'number' ? field(1, length) : field(2, length))),
  );
  return message(field(1, name), field(2, field(1, message(field(1, type), field(2, shape)))));
}

/** A NodeProto. */
function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  ...attributes: readonly Bytes[]
): Bytes {
  return message(
    ...inputs.map((name) => field(1, name)),
    field(2, output),
    field(4, operator),
    ...attributes.map((attribute) => field(5, attribute)),
  );
}

const integer = (name: string, number: number): Bytes =>
  message(field(1, name), field(3, number), field(20, 2));
const text = (name: string, content: string): Bytes =>
  message(field(1, name), field(4, content), field(20, 3));

/** Nodes and weights of a layer: `relu(x · self + Σ x of neighbours · neighbours)`; the last one without relu. */
function layerOf(
  layer: Layer,
  index: number,
  isLast: boolean,
): { readonly nodes: Bytes[]; readonly weights: Bytes[] } {
  const at = (name: string): string => `${name}${index}`;
  const dims = [layer.inputs, layer.outputs];
  return {
    nodes: [
      node('MatMul', [at('x'), at('self')], at('own')),
      node('MatMul', [at('x'), at('neighbours')], at('sent')),
      node('Gather', [at('sent'), 'source'], at('messages')),
      node('Concat', ['count', at('width')], at('shape'), integer('axis', 0)),
      node('ConstantOfShape', [at('shape')], at('zeros')),
      node('ScatterND', [at('zeros'), 'target', at('messages')], at('sum'), text('reduction', 'add')),
      node('Add', [at('own'), at('sum')], isLast ? 'y' : at('z')),
      ...(isLast ? [] : [node('Relu', [at('z')], `x${index + 1}`)]),
    ],
    weights: [
      tensor(at('self'), layer.self, dims),
      tensor(at('neighbours'), layer.neighbours, dims),
      tensor(at('width'), BigInt64Array.of(BigInt(layer.outputs)), [1]),
    ],
  };
}

/**
 * The bytes of a model that passes messages along edges. Inputs: `pos` `[N, 3]`, `pressure` `[N]`, `edge_index`
 * `[2, E]` of 64 bits; output: `y` `[N, outputs of the last layer]`. The first layer has 4 inputs.
 */
export function makeModel(layers: readonly Layer[]): Bytes {
  const parts = layers.map((layer, index) => layerOf(layer, index, index === layers.length - 1));
  const nodes = [
    node('Unsqueeze', ['pressure', 'one'], 'column'),
    node('Concat', ['pos', 'column'], 'x0', integer('axis', 1)),
    node('Gather', ['edge_index', 'row0'], 'source'),
    node('Gather', ['edge_index', 'row1'], 'targets'),
    node('Unsqueeze', ['targets', 'one'], 'target'),
    node('Shape', ['pressure'], 'count'),
    ...parts.flatMap((part) => part.nodes),
  ];
  const constants = [
    tensor('one', BigInt64Array.of(1n), [1]),
    tensor('row0', BigInt64Array.of(0n), []),
    tensor('row1', BigInt64Array.of(1n), []),
    ...parts.flatMap((part) => part.weights),
  ];
  const graph = message(
    ...nodes.map((each) => field(1, each)),
    field(2, 'message-passing'),
    ...constants.map((each) => field(5, each)),
    field(11, value('pos', FLOAT, ['N', 3])),
    field(11, value('pressure', FLOAT, ['N'])),
    field(11, value('edge_index', INT64, [2, 'E'])),
    field(12, value('y', FLOAT, ['N', layers.at(-1)?.outputs ?? 0])),
  );
  const operators = message(field(1, ''), field(2, 17));
  return message(field(1, 8), field(2, 'vascusim example'), field(7, graph), field(8, operators));
}
