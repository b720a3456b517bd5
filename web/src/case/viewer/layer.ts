// The model as a custom layer of the map: it shares the map's depth, so neighbours hide it and are hidden by it.
import { MercatorCoordinate, type CustomLayerInterface, type CustomRenderMethodInput, type Map as LibreMap } from 'maplibre-gl';
import type { Batch, Model, Placement } from './glb';
import { programs, type Program } from './shaders';

const MARKS_WIDE = 1024;
/** A section that cuts nothing. */
const UNCUT: [number, number, number, number] = [0, 0, 0, 1];

interface Drawn {
  batch: Batch;
  array: WebGLVertexArrayObject;
  buffers: WebGLBuffer[];
  kind: number;
}

/** From glTF's axes (x, up, south; metres from the origin) to the map's unit square, by columns. */
export function modelMatrix(placement: Placement, origin: Model['origin']): number[] {
  const at = MercatorCoordinate.fromLngLat([placement.longitude, placement.latitude]);
  const metre = at.meterInMercatorCoordinateUnits();
  const east = 1 / 360;
  const north = -1 / 360 / Math.cos((placement.latitude * Math.PI) / 180);
  const [xe, xn] = placement.x_deg_per_m;
  const [ye, yn] = placement.y_deg_per_m;
  // Height ±0.00 of the model lies on the map's ground, on which the neighbours stand too.
  return [xe * east, xn * north, 0, 0, 0, 0, metre, 0, -ye * east, -yn * north, 0, 0, at.x, at.y, origin[2] * metre, 1];
}

/** a · b, both by columns, in the numbers of JavaScript: the map's square needs more than single precision. */
export function multiply(a: ArrayLike<number>, b: ArrayLike<number>): Float32Array {
  const out = new Float32Array(16);
  for (let column = 0; column < 4; column++) {
    for (let row = 0; row < 4; row++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += (a[k * 4 + row] ?? 0) * (b[column * 4 + k] ?? 0);
      out[column * 4 + row] = sum;
    }
  }
  return out;
}

export class ModelLayer implements CustomLayerInterface {
  readonly id: string;
  readonly type = 'custom' as const;
  readonly renderingMode = '3d' as const;
  /** Storeys above this number are hidden; what lies in no storey is shown with all. */
  topStorey = Infinity;
  section: [number, number, number, number] = UNCUT;
  private map: LibreMap | undefined;
  private gl: WebGL2RenderingContext | undefined;
  private show: Program | undefined;
  private pick: Program | undefined;
  private drawn: Drawn[] = [];
  private texture: WebGLTexture | null = null;
  private readonly marks: Uint8Array;
  private marksChanged = true;
  private last: Float32Array | undefined;
  private readonly matrix: number[];

  constructor(
    readonly model: Model,
    placement: Placement,
    work: string,
  ) {
    this.id = `case-bim-${work}`;
    this.matrix = modelMatrix(placement, model.origin);
    this.marks = new Uint8Array(MARKS_WIDE * Math.max(1, Math.ceil(model.elements.length / MARKS_WIDE)) * 4);
  }

  onAdd(map: LibreMap, context: WebGLRenderingContext | WebGL2RenderingContext): void {
    const gl = context as WebGL2RenderingContext;
    this.map = map;
    this.gl = gl;
    Object.assign(this, programs(gl));
    this.drawn = this.model.batches.map((batch) => this.send(gl, batch));
    // Glass after what stands behind it.
    this.drawn.sort((a, b) => b.batch.colour[3] - a.batch.colour[3]);
    this.texture = gl.createTexture();
    this.marksChanged = true;
  }

  /** Gives back what the graphics memory holds; [onAdd] sends it again. */
  onRemove(_: LibreMap, context: WebGLRenderingContext | WebGL2RenderingContext): void {
    const gl = context as WebGL2RenderingContext;
    for (const { array, buffers } of this.drawn) {
      gl.deleteVertexArray(array);
      for (const buffer of buffers) gl.deleteBuffer(buffer);
    }
    gl.deleteTexture(this.texture);
    for (const made of [this.show, this.pick]) if (made) gl.deleteProgram(made.program);
    this.drawn = [];
    this.texture = null;
    this.show = this.pick = this.last = this.gl = undefined;
  }

  private send(gl: WebGL2RenderingContext, batch: Batch): Drawn {
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    const [corners, indices] = [gl.createBuffer(), gl.createBuffer()];
    gl.bindBuffer(gl.ARRAY_BUFFER, corners);
    gl.bufferData(gl.ARRAY_BUFFER, batch.vertices, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.UNSIGNED_SHORT, false, 12, 0);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, 1, gl.UNSIGNED_SHORT, false, 12, 8);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, batch.indices, gl.STATIC_DRAW);
    gl.bindVertexArray(null);
    return { batch, array, buffers: [corners, indices], kind: batch.indices instanceof Uint32Array ? gl.UNSIGNED_INT : gl.UNSIGNED_SHORT };
  }

  /** Colours an element; none gives it back its own. */
  mark(element: number, colour: [number, number, number] | undefined): void {
    this.marks.set(colour ? [...colour, 255] : [0, 0, 0, 0], element * 4);
    this.marksChanged = true;
    this.map?.triggerRepaint();
  }

  repaint(): void {
    this.map?.triggerRepaint();
  }

  render(_: WebGLRenderingContext | WebGL2RenderingContext, input: CustomRenderMethodInput): void {
    const { gl, show } = this;
    if (!gl || !show) return;
    this.last = multiply(input.defaultProjectionData.mainMatrix, this.matrix);
    gl.enable(gl.DEPTH_TEST);
    gl.depthMask(true);
    gl.disable(gl.CULL_FACE);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.draw(gl, show, this.last);
  }

  private draw(gl: WebGL2RenderingContext, { program, at }: Program, matrix: Float32Array): void {
    gl.useProgram(program);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    if (this.marksChanged) this.sendMarks(gl);
    gl.uniform1i(at('marks'), 0);
    gl.uniformMatrix4fv(at('matrix'), false, matrix);
    gl.uniform4fv(at('section'), this.section);
    for (const { batch, array, kind } of this.drawn) {
      if ((batch.storey ?? -1) > this.topStorey) continue;
      gl.uniform3fv(at('scale'), batch.scale);
      gl.uniform3fv(at('translation'), batch.translation);
      gl.uniform4fv(at('own'), batch.colour);
      gl.uniform1i(at('first'), batch.first);
      gl.bindVertexArray(array);
      gl.drawElements(gl.TRIANGLES, batch.indices.length, kind, 0);
    }
    gl.bindVertexArray(null);
  }

  private sendMarks(gl: WebGL2RenderingContext): void {
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, MARKS_WIDE, this.marks.length / 4 / MARKS_WIDE, 0, gl.RGBA, gl.UNSIGNED_BYTE, this.marks);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    this.marksChanged = false;
  }

  /** The element under a point of the canvas (CSS pixels), as it was last drawn. */
  at(x: number, y: number): number | undefined {
    const { gl, pick, last } = this;
    if (!gl || !pick || !last) return undefined;
    const canvas = gl.canvas as HTMLCanvasElement;
    const [wide, high] = [canvas.width, canvas.height];
    const frame = gl.createFramebuffer();
    const [colour, depth] = [gl.createRenderbuffer(), gl.createRenderbuffer()];
    const before = gl.getParameter(gl.FRAMEBUFFER_BINDING) as WebGLFramebuffer | null;
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    for (const [buffer, format, place] of [[colour, gl.RGBA8, gl.COLOR_ATTACHMENT0], [depth, gl.DEPTH_COMPONENT24, gl.DEPTH_ATTACHMENT]] as const) {
      gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
      gl.renderbufferStorage(gl.RENDERBUFFER, format, wide, high);
      gl.framebufferRenderbuffer(gl.FRAMEBUFFER, place, gl.RENDERBUFFER, buffer);
    }
    const [px, py] = [Math.floor((x / canvas.clientWidth) * wide), high - 1 - Math.floor((y / canvas.clientHeight) * high)];
    gl.viewport(0, 0, wide, high);
    // One pixel is asked for, so one is drawn.
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(px, py, 1, 1);
    gl.colorMask(true, true, true, true);
    gl.depthMask(true);
    gl.clearColor(0, 0, 0, 0);
    gl.clearDepth(1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.depthRange(0, 1);
    gl.disable(gl.STENCIL_TEST);
    gl.disable(gl.BLEND);
    gl.disable(gl.CULL_FACE);
    this.draw(gl, pick, last);
    const bytes = new Uint8Array(4);
    gl.readPixels(px, py, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    gl.disable(gl.SCISSOR_TEST);
    gl.bindFramebuffer(gl.FRAMEBUFFER, before);
    gl.deleteFramebuffer(frame);
    gl.deleteRenderbuffer(colour);
    gl.deleteRenderbuffer(depth);
    // The map keeps its own idea of WebGL's state.
    this.map?.painter.context.setDirty();
    this.map?.triggerRepaint();
    const number = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16);
    return number > 0 ? number - 1 : undefined;
  }
}
