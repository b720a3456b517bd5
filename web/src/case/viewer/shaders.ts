// WebGL 2 programs of the model: one to show, one to find what lies under the pointer.

const vertex = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in vec3 position;
layout(location = 1) in float feature;
uniform mat4 matrix;
uniform vec3 scale;
uniform vec3 translation;
uniform int first;
uniform highp sampler2D marks;
out vec3 local;
flat out vec4 mark;
flat out int element;
void main() {
  local = position * scale + translation;
  element = first + int(feature + 0.5);
  int wide = textureSize(marks, 0).x;
  mark = texelFetch(marks, ivec2(element % wide, element / wide), 0);
  gl_Position = matrix * vec4(local, 1.0);
}`;

const cut = `#version 300 es
precision highp float;
precision highp int;
uniform vec4 section;
in vec3 local;
flat in vec4 mark;
flat in int element;
out vec4 colour;
bool away() { return dot(section.xyz, local) > section.w; }`;

/** Flat shading: the normal is that of the triangle as it is drawn. A mark's colour lies over the element's own. */
const show = `${cut}
uniform vec4 own;
void main() {
  if (away()) discard;
  vec3 normal = normalize(cross(dFdx(local), dFdy(local)));
  float light = 0.62 + 0.38 * abs(dot(normal, normalize(vec3(0.35, 0.85, 0.45))));
  vec4 base = mark.a > 0.0 ? vec4(mark.rgb, 1.0) : own;
  colour = vec4(base.rgb * light * base.a, base.a);
}`;

/** The element's row plus one in three bytes; nothing is zero. */
const pick = `${cut}
void main() {
  if (away()) discard;
  int n = element + 1;
  colour = vec4(float(n & 255), float((n >> 8) & 255), float((n >> 16) & 255), 255.0) / 255.0;
}`;

/** A linked program and its uniforms by name. */
export interface Program {
  program: WebGLProgram;
  at: (name: string) => WebGLUniformLocation | null;
}

function link(gl: WebGL2RenderingContext, fragment: string): Program {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const shader = gl.createShader(kind);
    if (!shader) throw new Error('WebGL gives no shader');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? 'WebGL links no program');
  const known = new Map<string, WebGLUniformLocation | null>();
  const at = (name: string): WebGLUniformLocation | null => {
    if (!known.has(name)) known.set(name, gl.getUniformLocation(program, name));
    return known.get(name) ?? null;
  };
  return { program, at };
}

export const programs = (gl: WebGL2RenderingContext): { show: Program; pick: Program } => ({ show: link(gl, show), pick: link(gl, pick) });
