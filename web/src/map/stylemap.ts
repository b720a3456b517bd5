// The preview of a map style: drawn from the address that other programs are given, and from nothing else.
import { pageData } from '../lib/page';
import { pageMap, tellDrawn } from './base';

interface Data {
  style: string;
  bounds: [number, number, number, number];
}

/** Draws the map into its place. */
export async function styleMap(container: HTMLElement): Promise<void> {
  const data = pageData<Data>('style-map-data');
  if (!data) return;
  const map = await pageMap(container, { style: data.style, bounds: data.bounds, padding: 16, maxZoom: 15 });
  if (map) tellDrawn(map);
}
