// Where a file would lie: its extent over the communes.
import { LngLatBounds, NavigationControl } from 'maplibre-gl';
import { makeMap } from './base';

/** Draws the box (west, south, east, north, degrees) into its place. */
export async function placeMap(container: HTMLElement, [west, south, east, north]: [number, number, number, number]): Promise<void> {
  const map = makeMap(container, {
    style: {
      version: 8,
      sources: { around: { type: 'vector', tiles: [`${location.origin}/tiles/admin_commune/{z}/{x}/{y}.mvt`], maxzoom: 16 } },
      layers: [
        { id: 'ground', type: 'background', paint: { 'background-color': '#f3f2ec' } },
        { id: 'around', type: 'line', source: 'around', 'source-layer': 'admin_commune', paint: { 'line-color': '#8b979e', 'line-width': 1 } },
      ],
    },
    bounds: new LngLatBounds([west, south, east, north]),
    // Far enough out to see in which commune it is.
    fitBoundsOptions: { padding: 60, maxZoom: 11 },
    cooperativeGestures: matchMedia('(pointer: coarse)').matches,
    scrollZoom: false,
  });
  if (!map) return;
  map.addControl(new NavigationControl({ showCompass: false }), 'bottom-right');
  await map.once('load');
  const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
  map.addSource('place', { type: 'geojson', data: { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } } });
  map.addLayer({ id: 'place-fill', type: 'fill', source: 'place', paint: { 'fill-color': '#b3282d', 'fill-opacity': 0.2 } });
  map.addLayer({ id: 'place-line', type: 'line', source: 'place', paint: { 'line-color': '#b3282d', 'line-width': 3 } });
}
