// The map of a case: its parcels, the model's outlines and storeys, and the place of each verdict.
import { type LngLatBounds, Map as LibreMap, NavigationControl, ScaleControl, type ExpressionSpecification } from 'maplibre-gl';
import { call } from '../lib/api';
import { byId, pageData } from '../lib/page';
import { boundsOf, makeMap, tellDrawn } from '../map/base';
import type { Catalog } from '../map/catalog';
import { mapStyle } from '../map/style';
import type { Source } from './viewer/viewer';

interface Evidence {
  parcels: GeoJSON.FeatureCollection;
  /** One feature an outline: {part: footprint|projection|underground} or {part: storey, base_m, top_m}. */
  model: GeoJSON.FeatureCollection;
  /** One feature a verdict row: {row, rule, verdict}. */
  verdicts: GeoJSON.FeatureCollection;
  /** Models that can be shown whole. */
  models?: Source[];
}

/** Layers that a case is read against. */
const context = ['landuse_plan', 'zoning_lot', 'parcel', 'road', 'road_centreline', 'red_line', 'building_line', 'building', 'permit', 'admin_commune'];
const shown = new Set(['zoning_lot', 'parcel', 'road', 'road_centreline', 'red_line', 'building_line', 'building']);

const verdictColour: ExpressionSpecification = ['match', ['get', 'verdict'], 'FAIL', '#a61b1f', 'MANUAL', '#c98a12', 'PASS', '#17663a', '#4a4f7a'];

/** Points of one row; the corners of areas are no points. */
function dots(row: number): ExpressionSpecification {
  return ['all', ['==', ['get', 'row'], row], ['==', ['geometry-type'], 'Point']];
}

function addEvidence(map: LibreMap, evidence: Evidence): void {
  map.addSource('case-parcels', { type: 'geojson', data: evidence.parcels });
  map.addSource('case-model', { type: 'geojson', data: evidence.model });
  map.addSource('case-verdicts', { type: 'geojson', data: evidence.verdicts });
  map.addLayer({ id: 'case-parcel', type: 'line', source: 'case-parcels', paint: { 'line-color': '#0b4d6b', 'line-width': 3.5 } });
  map.addLayer({ id: 'case-footprint', type: 'fill', source: 'case-model', filter: ['==', ['get', 'part'], 'footprint'], paint: { 'fill-color': '#0b4d6b', 'fill-opacity': 0.35 } });
  map.addLayer({ id: 'case-projection', type: 'line', source: 'case-model', filter: ['==', ['get', 'part'], 'projection'], paint: { 'line-color': '#0b4d6b', 'line-width': 1.5, 'line-dasharray': [3, 2] } });
  map.addLayer({ id: 'case-underground', type: 'line', source: 'case-model', filter: ['==', ['get', 'part'], 'underground'], paint: { 'line-color': '#5f6d77', 'line-width': 1.5, 'line-dasharray': [1, 2] } });
  map.addLayer({
    id: 'case-storeys',
    type: 'fill-extrusion',
    source: 'case-model',
    filter: ['==', ['get', 'part'], 'storey'],
    layout: { visibility: 'none' },
    paint: {
      'fill-extrusion-color': ['match', ['%', ['get', 'index'], 2], 0, '#5d9ab8', '#8fbcd1'],
      'fill-extrusion-base': ['get', 'base_m'],
      'fill-extrusion-height': ['get', 'top_m'],
      'fill-extrusion-opacity': 0.9,
    },
  });
  map.addLayer({ id: 'verdict-fill', type: 'fill', source: 'case-verdicts', filter: ['==', ['get', 'row'], -1], paint: { 'fill-color': verdictColour, 'fill-opacity': 0.45 } });
  map.addLayer({ id: 'verdict-case', type: 'line', source: 'case-verdicts', filter: ['==', ['get', 'row'], -1], paint: { 'line-color': '#ffffff', 'line-width': 7 } });
  map.addLayer({ id: 'verdict-line', type: 'line', source: 'case-verdicts', filter: ['==', ['get', 'row'], -1], paint: { 'line-color': verdictColour, 'line-width': 4 } });
  map.addLayer({ id: 'verdict-dot', type: 'circle', source: 'case-verdicts', filter: dots(-1), paint: { 'circle-color': verdictColour, 'circle-radius': 7, 'circle-stroke-color': '#fff', 'circle-stroke-width': 2 } });
}

/** Raises the neighbours to their heights, or lays them flat. */
function neighbours(map: LibreMap, on: boolean): void {
  if (on && !map.getLayer('building-3d') && map.getSource('building')) {
    map.addLayer({ id: 'building-3d', type: 'fill-extrusion', source: 'building', 'source-layer': 'building', paint: { 'fill-extrusion-color': '#d5cdbf', 'fill-extrusion-height': ['coalesce', ['to-number', ['get', 'height_m']], 3], 'fill-extrusion-opacity': 0.75 } }, 'case-storeys');
  }
  if (map.getLayer('building-3d')) map.setLayoutProperty('building-3d', 'visibility', on ? 'visible' : 'none');
}

/** Tilts the map to see the storeys, or lays it flat. The function is to be told of each whole model that is shown or goes. */
function bind3d(map: LibreMap): (on: boolean) => void {
  const button = document.getElementById('case-3d');
  let models = 0;
  const pressed = (): boolean => button?.getAttribute('aria-pressed') === 'true';
  const raise = (): void => {
    // A whole model takes the place of its storeys' blocks.
    map.setLayoutProperty('case-storeys', 'visibility', pressed() && !models ? 'visible' : 'none');
    neighbours(map, pressed() || models > 0);
  };
  button?.addEventListener('click', () => {
    const on = !pressed();
    button.setAttribute('aria-pressed', String(on));
    raise();
    map.easeTo({ pitch: on ? 60 : 0, bearing: on ? -25 : 0 });
  });
  return (on) => {
    models += on ? 1 : -1;
    raise();
  };
}

/** Shows the place of one row; the same button again takes it away. */
function bindRows(map: LibreMap, evidence: Evidence, home: LngLatBounds | undefined): void {
  const layers = ['verdict-fill', 'verdict-case', 'verdict-line'];
  const buttons = [...document.querySelectorAll<HTMLButtonElement>('button[data-row]')];
  for (const button of buttons) {
    button.addEventListener('click', () => {
      const row = Number(button.dataset['row']);
      const on = button.getAttribute('aria-pressed') !== 'true';
      for (const other of buttons) {
        other.setAttribute('aria-pressed', String(on && other === button));
        other.closest('.verdict')?.classList.toggle('is-shown', on && other === button);
      }
      for (const id of layers) map.setFilter(id, ['==', ['get', 'row'], on ? row : -1]);
      map.setFilter('verdict-dot', dots(on ? row : -1));
      const place = evidence.verdicts.features.filter((f) => f.properties?.['row'] === row);
      const bounds = on ? boundsOf(place) : home;
      if (bounds) map.fitBounds(bounds, { padding: 70, maxZoom: 20 });
      if (on) byId('casemap').scrollIntoView({ block: 'nearest', behavior: 'smooth' });
    });
  }
}

/** Draws the case's map where the page has one. */
export async function caseMap(): Promise<void> {
  const container = document.getElementById('casemap-canvas');
  const evidence = pageData<Evidence>('case-evidence');
  if (!container || !evidence) return;
  const catalog = await call<Catalog>('GET', '/api/v1/layers');
  const layers = catalog.themes.flatMap((theme) => theme.layers).filter((l) => context.includes(l.id));
  const home = boundsOf([...evidence.parcels.features, ...evidence.model.features]);
  const map = makeMap(container, {
    style: mapStyle(catalog, layers, (l) => shown.has(l.id)),
    bounds: home ?? catalog.bounds,
    fitBoundsOptions: { padding: 50, maxZoom: 19.5 },
    cooperativeGestures: matchMedia('(pointer: coarse)').matches,
  });
  if (!map) return;
  map.addControl(new NavigationControl({ visualizePitch: true }), 'bottom-right');
  map.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-left');
  await map.once('load');
  addEvidence(map, evidence);
  const shows = bind3d(map);
  bindRows(map, evidence, home);
  const models = evidence.models ?? [];
  // Only a page with a model loads what shows it.
  if (models.length) {
    const { bindViewer } = await import('./viewer/viewer');
    for (const model of models) bindViewer(map, byId('casemap'), model, models.length > 1, shows);
  }
  tellDrawn(map);
}
