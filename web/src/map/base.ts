// Making a MapLibre map: worker, language of its controls, and a plain word where there is no WebGL.
import { LngLatBounds, Map as LibreMap, NavigationControl, ScaleControl, setWorkerUrl, type MapOptions } from 'maplibre-gl';
import { el, t } from '../lib/page';

declare const MAPLIBRE_WORKER: string;
setWorkerUrl(MAPLIBRE_WORKER);

/** Whether this browser draws WebGL 2. */
function hasWebGl(): boolean {
  return Boolean(document.createElement('canvas').getContext('webgl2'));
}

/** A map in `container`, or none (and a notice in its place) where the browser cannot draw one. */
export function makeMap(container: HTMLElement, options: Omit<MapOptions, 'container'>): LibreMap | undefined {
  if (!hasWebGl()) {
    container.replaceChildren(el('div', { class: 'map-failed' }, el('p', { class: 'notice notice--warn' }, t('map-no-webgl'))));
    return undefined;
  }
  return new LibreMap({
    container,
    attributionControl: false,
    dragRotate: true,
    maxPitch: 70,
    cooperativeGestures: false,
    locale: {
      'NavigationControl.ZoomIn': t('map-zoom-in'),
      'NavigationControl.ZoomOut': t('map-zoom-out'),
      'NavigationControl.ResetBearing': t('map-north'),
      'Map.Title': t('map-title'),
      'AttributionControl.ToggleAttribution': t('map-sources'),
      'GeolocateControl.FindMyLocation': t('map-locate'),
    },
    ...options,
  });
}

/** What a map on a page of text is made of. */
export interface PageMap {
  style: NonNullable<MapOptions['style']>;
  bounds: NonNullable<MapOptions['bounds']>;
  /** Pixels around the bounds. */
  padding: number;
  /** Not closer than this to begin with. */
  maxZoom: number;
}

/** A map among texts: a finger or the wheel scrolls the page, not the map. Loaded when it is handed out. */
export async function pageMap(container: HTMLElement, { style, bounds, padding, maxZoom }: PageMap): Promise<LibreMap | undefined> {
  const map = makeMap(container, {
    style,
    bounds,
    fitBoundsOptions: { padding, maxZoom },
    cooperativeGestures: matchMedia('(pointer: coarse)').matches,
    scrollZoom: false,
  });
  if (!map) return undefined;
  map.addControl(new NavigationControl({ showCompass: false }), 'bottom-right');
  map.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-left');
  await map.once('load');
  return map;
}

/** Says on the page, for whoever waits for it, that the map has drawn what it has to draw. */
export function tellDrawn(map: LibreMap): void {
  map.once('idle', () => document.documentElement.setAttribute('data-map', 'ready'));
}

/** The box around shapes; none where they have no place. */
export function boundsOf(features: GeoJSON.Feature[]): LngLatBounds | undefined {
  const bounds = new LngLatBounds();
  const walk = (c: unknown): void => {
    if (!Array.isArray(c)) return;
    if (typeof c[0] === 'number') bounds.extend([c[0], c[1] as number]);
    else c.forEach(walk);
  };
  for (const { geometry } of features) if (geometry && 'coordinates' in geometry) walk(geometry.coordinates);
  return bounds.isEmpty() ? undefined : bounds;
}
