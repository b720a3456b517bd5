// Reads the server's compact model (glTF 2.0 binary; its layout stands in src/bim/glb.rs).

/** Where the model's origin lies on earth. */
export interface Placement {
  longitude: number;
  latitude: number;
  /** Degrees (east, north) that one metre along the model's x and y is. */
  x_deg_per_m: [number, number];
  y_deg_per_m: [number, number];
}

export interface Storey {
  global_id: string;
  name: string;
  elevation_m: number | null;
}

/** One draw call: elements of one storey and colour. */
export interface Batch {
  /** Row of the first element in [Model.elements]. */
  first: number;
  storey: number | null;
  scale: [number, number, number];
  translation: [number, number, number];
  colour: [number, number, number, number];
  /** Corners: three u16 of position, two bytes of nothing, u16 of the element within the batch, two of nothing. */
  vertices: Uint8Array;
  indices: Uint16Array | Uint32Array;
}

export interface Model {
  /** Metres that were subtracted: local x, y, z. */
  origin: [number, number, number];
  placement: Placement | null;
  entities: string[];
  storeys: Storey[];
  /** GlobalId, place in [entities], place in [storeys]. */
  elements: [string, number, number | null][];
  batches: Batch[];
  /** Least and greatest corner in glTF's axes (x, up, south), metres from the origin. */
  box: { min: [number, number, number]; max: [number, number, number] };
}

interface Gltf {
  scenes: { extras: Omit<Model, 'batches' | 'box'> }[];
  nodes: { mesh: number; scale: Batch['scale']; translation: Batch['translation']; extras: { first: number; storey: number | null } }[];
  meshes: { primitives: { attributes: { POSITION: number }; indices: number; material: number }[] }[];
  materials: { pbrMetallicRoughness: { baseColorFactor: Batch['colour'] } }[];
  accessors: { bufferView: number; componentType: number; count: number; min?: number[]; max?: number[] }[];
  bufferViews: { byteOffset: number; byteLength: number }[];
}

const MAGIC = 0x46546c67;
const U32 = 5125;

/** The model in these bytes; an error where they are none. */
export function readGlb(bytes: ArrayBuffer): Model {
  const head = new DataView(bytes);
  if (bytes.byteLength < 28 || head.getUint32(0, true) !== MAGIC || head.getUint32(8, true) !== bytes.byteLength) throw new Error('not a whole glTF binary');
  const length = head.getUint32(12, true);
  const gltf = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 20, length))) as Gltf;
  const start = 28 + length;
  const scene = gltf.scenes[0]?.extras;
  if (!scene) throw new Error('a glTF without a scene');
  const box: Model['box'] = { min: [Infinity, Infinity, Infinity], max: [-Infinity, -Infinity, -Infinity] };
  const batches = gltf.nodes.map((node): Batch => {
    const primitive = gltf.meshes[node.mesh]?.primitives[0];
    const position = primitive && gltf.accessors[primitive.attributes.POSITION];
    const index = primitive && gltf.accessors[primitive.indices];
    const vertexView = position && gltf.bufferViews[position.bufferView];
    const indexView = index && gltf.bufferViews[index.bufferView];
    if (!vertexView || !indexView) throw new Error('a glTF with a missing part');
    for (const k of [0, 1, 2] as const) {
      box.min[k] = Math.min(box.min[k], node.translation[k] + (position.min?.[k] ?? 0) * node.scale[k]);
      box.max[k] = Math.max(box.max[k], node.translation[k] + (position.max?.[k] ?? 65535) * node.scale[k]);
    }
    const at = start + indexView.byteOffset;
    return {
      first: node.extras.first,
      storey: node.extras.storey,
      scale: node.scale,
      translation: node.translation,
      colour: gltf.materials[primitive.material]?.pbrMetallicRoughness.baseColorFactor ?? [0.8, 0.8, 0.8, 1],
      vertices: new Uint8Array(bytes, start + vertexView.byteOffset, vertexView.byteLength),
      indices: index.componentType === U32 ? new Uint32Array(bytes, at, index.count) : new Uint16Array(bytes, at, index.count),
    };
  });
  return { ...scene, batches, box };
}

/** Fetches a file and tells how much of it has come; `total` is 0 where the server does not say. */
export async function fetchWithProgress(url: string, signal: AbortSignal, tell: (got: number, total: number) => void): Promise<ArrayBuffer> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(String(response.status));
  // The length of a compressed body is not that of what is read here.
  const total = response.headers.has('content-encoding') ? 0 : Number(response.headers.get('content-length') ?? 0);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let got = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    parts.push(part.value as Uint8Array<ArrayBuffer>);
    got += part.value.byteLength;
    tell(got, total);
  }
  return new Blob(parts).arrayBuffer();
}
