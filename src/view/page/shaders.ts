import { TABLE_SIZE } from '../../render/color.ts';
import { light } from '../../render/lighting.ts';

/** Numbers from which on a value stands for one that is not finite: any share of it in a pixel shows. */
export const NOT_FINITE = 1e36;
const MIN_NOT_FINITE = 1e28;

const number = (value: number): string => value.toExponential();
const vector = (values: readonly number[]): string => `vec3(${values.map(number).join(', ')})`;

const HEAD = '#version 300 es\nprecision highp float;\nprecision highp int;\n';

/** Colour of a value: of the map at its place on the scale, which is found at each pixel. */
const COLOUR = `
uniform sampler2D table;
// Place on the scale: linear (x · value + y), or by a logarithm: log(1 + (x · value + y)) · z with w = 1.
uniform vec4 scale;
uniform vec3 nan;
// One colour in the place of the map, where w is 1.
uniform vec4 plain;
vec3 colourOf(float value) {
  if (plain.w > 0.5) return plain.xyz;
  if (!(abs(value) < ${number(MIN_NOT_FINITE)})) return nan;
  float place = scale.x * value + scale.y;
  if (scale.w > 0.5) {
    if (place <= -1.0) return nan;
    float series = place * (1.0 - place * (0.5 - place * (1.0 / 3.0 - 0.25 * place)));
    place = (abs(place) < 0.01 ? series : log(1.0 + place)) * scale.z;
  }
  int at = int(floor(clamp(place, 0.0, 1.0) * ${number(TABLE_SIZE - 1)} + 0.5));
  return texelFetch(table, ivec2(at, 0), 0).rgb;
}
`;

const PLACE = `
uniform mat3 axes;
// Pixels a unit, the middle, and depth a unit, in shares of the picture's part.
uniform vec4 frame;
uniform float depth;
vec4 placeOf(vec3 eye) {
  return vec4((eye.xy - frame.zw) * frame.xy, -eye.z * depth, 1.0);
}
`;

/** Program of triangles and of edges: vertices by points, or three a triangle. */
export const surfaceVertex = `${HEAD}
layout(location = 0) in vec3 position;
layout(location = 1) in vec4 normal;
layout(location = 2) in float value;
${PLACE}
uniform float lift;
out vec3 place;
out vec3 direction;
out float shown;
void main() {
  place = position;
  direction = axes * normal.xyz;
  shown = value;
  gl_Position = placeOf(axes * position);
  gl_Position.z -= lift;
}
`;

export const surfaceFragment = `${HEAD}
in vec3 place;
in vec3 direction;
in float shown;
uniform vec4 clip;
uniform float lit;
${COLOUR}
out vec4 colour;
void main() {
  if (dot(place, clip.xyz) > clip.w) discard;
  vec3 base = colourOf(shown);
  if (lit > 0.5) {
    float squared = dot(direction, direction);
    vec3 normal = squared > 0.0 ? direction * inversesqrt(squared) : vec3(0.0, 0.0, 1.0);
    if (normal.z < 0.0) normal = -normal;
    float key = max(0.0, dot(normal, ${vector(light.key)}));
    float halfway = dot(normal, ${vector(light.halfway)});
    float bright = halfway < 0.8 ? 0.0 : pow(halfway, 32.0);
    float diffuse = ${number(light.ambientShare)} + ${number(light.keyShare)} * key + ${number(light.headShare)} * normal.z;
    base = base * diffuse + ${number(light.highlightLevel / 255)} * bright;
  }
  colour = vec4(base, 1.0);
}
`;

/** Program of lines and points: each a strip of its own with round ends, a few pixels wide. */
export const strokeVertex = `${HEAD}
layout(location = 0) in vec2 corner;
layout(location = 1) in vec3 from;
layout(location = 2) in vec3 to;
layout(location = 3) in vec2 values;
${PLACE}
uniform vec2 size;
uniform float radius;
out vec3 place;
out float shown;
out vec2 offset;
flat out float span;
void main() {
  vec3 a = axes * from;
  vec3 b = axes * to;
  vec2 start = (a.xy - frame.zw) * frame.xy * 0.5 * size;
  vec2 end = (b.xy - frame.zw) * frame.xy * 0.5 * size;
  vec2 way = end - start;
  span = length(way);
  vec2 ahead = span > 0.0 ? way / span : vec2(1.0, 0.0);
  vec2 aside = vec2(-ahead.y, ahead.x);
  offset = vec2(corner.x * span + (2.0 * corner.x - 1.0) * radius, corner.y * radius);
  vec2 pixel = start + ahead * offset.x + aside * offset.y;
  float share = span > 0.0 ? clamp(offset.x / span, 0.0, 1.0) : 0.0;
  place = mix(from, to, share);
  shown = mix(values.x, values.y, share);
  gl_Position = vec4(2.0 * pixel / size, -mix(a.z, b.z, share) * depth, 1.0);
}
`;

export const strokeFragment = `${HEAD}
in vec3 place;
in float shown;
in vec2 offset;
flat in float span;
uniform float radius;
uniform vec4 clip;
${COLOUR}
out vec4 colour;
void main() {
  if (dot(place, clip.xyz) > clip.w) discard;
  vec2 away = vec2(offset.x - clamp(offset.x, 0.0, span), offset.y);
  if (dot(away, away) > radius * radius) discard;
  colour = vec4(colourOf(shown), 1.0);
}
`;
