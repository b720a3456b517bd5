// Making a MapLibre map: worker, language of its controls, and a plain word where there is no WebGL.
import { Map as LibreMap, setWorkerUrl, type MapOptions } from 'maplibre-gl';
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
