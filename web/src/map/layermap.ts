// The small map of one layer: its own tiles in its style, and where these are empty a grid of how many items lie where.
import { LngLatBounds, Map as LibreMap, NavigationControl, ScaleControl } from 'maplibre-gl';
import { byId, pageData } from '../lib/page';
import { makeMap } from './base';
import type { Catalog, Layer } from './catalog';
import { mapStyle } from './style';
import { firstZoom } from './tree';

interface Data {
  layer: Layer;
  coverage: string;
  revision: string;
  /** A layer of outlines to find one's way by. */
  around: string | null;
}

function addAround(map: LibreMap, id: string, revision: string): void {
  map.addSource('around', { type: 'vector', tiles: [`${location.origin}/tiles/${id}/{z}/{x}/{y}.mvt?r=${revision}`], maxzoom: 16 });
  const first = map.getStyle().layers[1]?.id;
  map.addLayer({ id: 'around', type: 'line', source: 'around', 'source-layer': id, paint: { 'line-color': '#9aa5ab', 'line-width': 0.8 } }, first);
}

/** Draws the map into its place. */
export async function layerMap(container: HTMLElement): Promise<void> {
  const data = pageData<Data>('layer-map-data');
  if (!data?.layer.extent) return;
  const [west, south, east, north] = data.layer.extent;
  const response = await fetch(data.coverage);
  const cells = (response.ok ? await response.json() : { type: 'FeatureCollection', features: [], max: 0 }) as GeoJSON.FeatureCollection & { max: number };
  const catalog = { themes: [], bounds: data.layer.extent, revision: data.revision, sample: false } as Catalog;
  const map = makeMap(container, {
    style: mapStyle(catalog, [data.layer], () => true),
    bounds: new LngLatBounds([west, south, east, north]),
    fitBoundsOptions: { padding: 24, maxZoom: 17 },
    cooperativeGestures: matchMedia('(pointer: coarse)').matches,
    scrollZoom: false,
  });
  if (!map) return;
  map.addControl(new NavigationControl({ showCompass: false }), 'bottom-right');
  map.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-left');
  await map.once('load');
  const far = firstZoom(data.layer);
  const grid = { minzoom: 0, maxzoom: Math.max(far, 0.01) };
  if (data.around && data.around !== data.layer.id) addAround(map, data.around, data.revision);
  map.addSource('coverage', { type: 'geojson', data: cells });
  map.addLayer({
    id: 'coverage',
    type: 'fill',
    source: 'coverage',
    ...grid,
    paint: {
      'fill-color': '#0b4d6b',
      // A cell with a single item is seen; the fullest is dark.
      'fill-opacity': ['interpolate', ['linear'], ['sqrt', ['/', ['get', 'count'], Math.max(cells.max, 1)]], 0, 0.18, 1, 0.85],
      'fill-outline-color': 'rgba(255,255,255,0.6)',
    },
  });
  const note = () => (byId('layer-map-note').hidden = map.getZoom() >= far);
  map.on('zoomend', note);
  note();
  map.once('idle', () => document.documentElement.setAttribute('data-map', 'ready'));
}
