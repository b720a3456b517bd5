// The preview of a map style: drawn from the address that other programs are given, and from nothing else.
import type { LngLatBoundsLike, Map as LibreMap } from 'maplibre-gl';
import { boundsOf, pageMap, tellDrawn } from './base';
import { pageData } from '../lib/page';

interface Data {
  style: string;
  bounds: [number, number, number, number];
}

/** Lowest zoom at which the style draws something. */
function firstZoom(map: LibreMap): number {
  const zooms = map.getStyle().layers.filter((l) => l.type !== 'background').map((l) => l.minzoom ?? 0);
  return zooms.length ? Math.min(...zooms) : 0;
}

/** Where an item of the layer is; none of a style of many layers. */
async function anItem(style: string): Promise<LngLatBoundsLike | undefined> {
  const id = new URL(style).pathname.split('/').pop()!;
  const response = await fetch(`/ogc/collections/${id}/items?f=json&limit=1`);
  return response.ok ? boundsOf(((await response.json()) as GeoJSON.FeatureCollection).features) : undefined;
}

/** Draws the map into its place. */
export async function styleMap(container: HTMLElement): Promise<void> {
  const data = pageData<Data>('style-map-data');
  if (!data) return;
  const map = await pageMap(container, { style: data.style, bounds: data.bounds, padding: 16, maxZoom: 15 });
  if (!map) return;
  // Around the whole layer nothing of it may be drawn: then one sees the surroundings of an item.
  const least = firstZoom(map) + 1;
  const near = map.getZoom() < least ? await anItem(data.style) : undefined;
  if (near) map.fitBounds(near, { padding: 160, maxZoom: Math.min(Math.max(least, 15), 17), animate: false });
  if (near && map.getZoom() < least) map.setZoom(least);
  tellDrawn(map);
}
