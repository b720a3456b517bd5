// The layers that the reader may see, as /api/v1/layers gives them.
import type { LayerSpecification } from 'maplibre-gl';

export interface Attribute {
  name: string;
  title: string;
  type: 'text' | 'integer' | 'real' | 'boolean' | 'date' | 'timestamp';
  unit?: string;
  codes?: Record<string, { title: string; color?: string }>;
}

export interface Layer {
  id: string;
  title: string;
  description: string;
  geometry: string;
  access: 'O' | 'I' | 'R';
  owner: string;
  label?: string;
  min_zoom: number;
  visible: boolean;
  draw_order: number;
  count: number;
  /** west, south, east, north, degrees; null where nothing has a place. */
  extent: [number, number, number, number] | null;
  /** Texts of an area are drawn from one point each (`/api/v1/layers/{id}/labels`), not once a tile. */
  labels: boolean;
  attributes: Attribute[];
  /** MapLibre layers with id, source and source-layer. */
  style: LayerSpecification[];
}

export interface Theme {
  id: string;
  title: string;
  layers: Layer[];
}

export interface Catalog {
  themes: Theme[];
  /** west, south, east, north, degrees. */
  bounds: [number, number, number, number];
  revision: string;
  /** Whether the data were made up by `dothi sample load`. */
  sample: boolean;
}

/** A value as people read it: code titles, units, days, yes and no. */
export type Reader = (attribute: Attribute, value: unknown) => string;
