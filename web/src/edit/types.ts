// What the server says of the layers that the reader may change, and of an item.

export interface Field {
  name: string;
  title: string;
  type: 'text' | 'integer' | 'real' | 'boolean' | 'date' | 'timestamp';
  unit?: string | null;
  required: boolean;
  min?: number | null;
  max?: number | null;
  codes?: { code: string; title: string }[] | null;
  computed?: 'area' | 'length' | 'unit' | null;
  writable: boolean;
}

export type Kind = 'Point' | 'LineString' | 'Polygon' | 'MultiPoint' | 'MultiLineString' | 'MultiPolygon';

/** A layer that may be changed (`/api/v1/edit/layers`). */
export interface EditLayer {
  id: string;
  title: string;
  theme: string;
  geometry: Kind;
  label?: string | null;
  key: string[];
  min_zoom: number;
  /** Communes in which it may be changed; null: everywhere. */
  units: { code: string; title: string }[] | null;
  attributes: Field[];
}

export type Properties = Record<string, unknown>;

/** An item as it was read, with the tag that names its version. */
export interface Item {
  id: number;
  geometry: GeoJSON.Geometry;
  properties: Properties;
  etag: string;
}

/** The version that a tag names. */
export function versionOf(etag: string): number {
  return Number.parseInt(etag.replace(/^(W\/)?"/, ''), 10);
}

/** What a feature is called: its label, else its number. */
export function nameOf(layer: EditLayer, id: number | undefined, properties: Properties): string {
  const label = layer.label ? properties[layer.label] : undefined;
  return label ? String(label) : id === undefined ? layer.title : `${layer.title} ${id}`;
}
