// Where a file would lie: its first shapes, and the frame of all of it, over what the layer has and the communes. They are moved, not drawn
// anew, when another reference system is tried.
import { LngLatBounds, type GeoJSONSource, type Map as LibreMap } from 'maplibre-gl';
import { pageMap, tellDrawn } from './base';

type Box = [number, number, number, number];

/** Shapes in CRS84, and the box (west, south, east, north) around the whole file; none where nothing is known of it. */
export interface Placed extends GeoJSON.FeatureCollection {
  bbox: Box;
}

/** Degrees in which the province lies: what is shown where a file has no place. */
const PROVINCE: Box = [106.9, 11.0, 109.0, 13.0];
const SHAPE = '#b3282d';
const HAS = '#1f6f9c';
/** Far enough out to see what lies around. */
const FRAMING = { padding: 48, maxZoom: 16 };

const frame = ([west, south, east, north]: Box): GeoJSON.Feature => ({
  type: 'Feature',
  properties: {},
  geometry: { type: 'LineString', coordinates: [[west, south], [east, south], [east, north], [west, north], [west, south]] },
});

/** A map that shows what it is given. */
export class PlaceMap {
  private constructor(private readonly map: LibreMap) {}

  /** Makes the map in its place; none where the browser draws none. */
  static async make(container: HTMLElement, box: Box = PROVINCE): Promise<PlaceMap | undefined> {
    const own = container.dataset['layer'] ?? '';
    const around = (container.dataset['around'] ?? '').split(' ').filter((id) => id && id !== own);
    const tiles = (id: string) => ({ type: 'vector' as const, tiles: [`${location.origin}/tiles/${id}/{z}/{x}/{y}.mvt`], maxzoom: 16 });
    const of = { source: own, 'source-layer': own };
    const map = await pageMap(container, {
      style: {
        version: 8,
        sources: {
          ...Object.fromEntries([...around, own].map((id) => [id, tiles(id)])),
          frame: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
          shapes: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
        },
        layers: [
          { id: 'ground', type: 'background', paint: { 'background-color': '#f3f2ec' } },
          ...around.map((id) => ({ id, type: 'line' as const, source: id, 'source-layer': id, paint: { 'line-color': '#8b979e', 'line-width': 1 } })),
          { id: 'own-fill', type: 'fill', ...of, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': HAS, 'fill-opacity': 0.08 } },
          { id: 'own-line', type: 'line', ...of, paint: { 'line-color': HAS, 'line-width': 1, 'line-opacity': 0.7 } },
          { id: 'own-point', type: 'circle', ...of, filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-color': HAS, 'circle-radius': 3, 'circle-opacity': 0.7 } },
          { id: 'frame', type: 'line', source: 'frame', paint: { 'line-color': SHAPE, 'line-width': 1.5, 'line-dasharray': [3, 2] } },
          { id: 'fill', type: 'fill', source: 'shapes', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': SHAPE, 'fill-opacity': 0.2 } },
          { id: 'line', type: 'line', source: 'shapes', paint: { 'line-color': SHAPE, 'line-width': 1.5 } },
          {
            id: 'point', type: 'circle', source: 'shapes', filter: ['==', ['geometry-type'], 'Point'],
            paint: { 'circle-color': SHAPE, 'circle-radius': 5, 'circle-stroke-color': '#fff', 'circle-stroke-width': 1.5 },
          },
        ],
      },
      bounds: box,
      ...FRAMING,
    });
    return map && new PlaceMap(map);
  }

  /** Shows `placed`, and nothing where it has no place. */
  show(placed: Placed | null): void {
    document.documentElement.removeAttribute('data-map');
    const set = (id: string, features: GeoJSON.Feature[]) => (this.map.getSource(id) as GeoJSONSource).setData({ type: 'FeatureCollection', features });
    set('shapes', placed?.features ?? []);
    set('frame', placed ? [frame(placed.bbox)] : []);
    this.map.fitBounds(new LngLatBounds(placed?.bbox ?? PROVINCE), { ...FRAMING, animate: false });
    tellDrawn(this.map);
  }
}
