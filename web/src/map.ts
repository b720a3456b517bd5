// The map page: layers, search, identify. A link may carry ?parcel=CODE, ?item=layer/fid or ?layer=ID.
import { AttributionControl, GeoJSONSource, LngLatBounds, Map as LibreMap, NavigationControl, GeolocateControl, ScaleControl, type IControl } from 'maplibre-gl';
import './portal';
import { call } from './lib/api';
import { byId, el, t } from './lib/page';
import { makeMap } from './map/base';
import type { Catalog } from './map/catalog';
import { Identify, byIdMap } from './map/identify';
import { searchBox, type Hit } from './map/search';
import { followChanges } from './map/live';
import { mapStyle } from './map/style';
import { Visibility, layerTree } from './map/tree';

const status = byId('map-status');

function say(text: string | undefined): void {
  status.hidden = !text;
  status.querySelector('span:last-child')!.textContent = text ?? '';
}

/** A control that is one button with a text or sign of its own. */
class ButtonControl implements IControl {
  private node?: HTMLElement;
  constructor(private readonly label: string, private readonly text: string | Node, private readonly act: (button: HTMLButtonElement) => void) {}
  onAdd(): HTMLElement {
    // A text that is seen is the button's name too; a sign has none.
    const name = typeof this.text === 'string' ? undefined : this.label;
    const button = el('button', { type: 'button', class: 'text-control', title: this.label, 'aria-label': name }, this.text);
    button.addEventListener('click', () => this.act(button));
    this.node = el('div', { class: 'maplibregl-ctrl maplibregl-ctrl-group' }, button);
    return this.node;
  }
  onRemove(): void {
    this.node?.remove();
  }
}

function houseSign(): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('width', '18');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', 'M1.5 8L8 2l6.5 6M3.5 7v6.5h9V7');
  path.setAttribute('fill', 'none');
  path.setAttribute('stroke', 'currentColor');
  path.setAttribute('stroke-width', '1.8');
  svg.append(path);
  return svg;
}

function addControls(map: LibreMap, catalog: Catalog): void {
  map.addControl(new NavigationControl({ visualizePitch: true }), 'bottom-right');
  map.addControl(new GeolocateControl({}), 'bottom-right');
  map.addControl(new ButtonControl(t('map-whole'), houseSign(), () => map.fitBounds(catalog.bounds, { padding: 20 })), 'bottom-right');
  map.addControl(new ButtonControl(t('map-3d'), '3D', (button) => toggle3d(map, button)), 'bottom-right');
  map.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-left');
  if (catalog.sample) {
    byId('sample-note').hidden = false;
    map.addControl(new AttributionControl({ compact: false, customAttribution: t('map-sample') }), 'bottom-left');
  }
}

/** Tilts the map and raises the buildings by their heights, or lays both flat again. */
function toggle3d(map: LibreMap, button: HTMLButtonElement): void {
  const on = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', String(on));
  if (on && !map.getLayer('building-3d') && map.getSource('building')) {
    map.addLayer({
      id: 'building-3d',
      type: 'fill-extrusion',
      source: 'building',
      'source-layer': 'building',
      minzoom: 13,
      paint: {
        'fill-extrusion-color': '#c9bfae',
        'fill-extrusion-height': ['coalesce', ['to-number', ['get', 'height_m']], 3],
        'fill-extrusion-opacity': 0.88,
      },
    });
  }
  if (map.getLayer('building-3d')) map.setLayoutProperty('building-3d', 'visibility', on ? 'visible' : 'none');
  map.easeTo({ pitch: on ? 55 : 0, bearing: on ? map.getBearing() : 0, zoom: on ? Math.max(map.getZoom(), 15.5) : map.getZoom() });
}

/** The mark of a chosen item: a halo over everything. */
function addMark(map: LibreMap): (geometry: GeoJSON.Geometry | undefined) => void {
  const none: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
  map.addSource('mark', { type: 'geojson', data: none });
  map.addLayer({ id: 'mark-fill', type: 'fill', source: 'mark', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': '#f2b705', 'fill-opacity': 0.22 } });
  map.addLayer({ id: 'mark-case', type: 'line', source: 'mark', paint: { 'line-color': '#ffffff', 'line-width': 6 } });
  map.addLayer({ id: 'mark-line', type: 'line', source: 'mark', paint: { 'line-color': '#b3282d', 'line-width': 3 } });
  map.addLayer({ id: 'mark-dot', type: 'circle', source: 'mark', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 10, 'circle-color': 'rgba(242,183,5,0.35)', 'circle-stroke-color': '#b3282d', 'circle-stroke-width': 3 } });
  return (geometry) => {
    map.getSource<GeoJSONSource>('mark')?.setData(geometry ? { type: 'Feature', geometry, properties: {} } : none);
  };
}

/** Goes to a hit, and shows what it is. */
function goTo(map: LibreMap, identify: Identify, layers: ReturnType<typeof byIdMap>, hit: Hit): void {
  const layer = layers.get(hit.layer);
  // On a phone the panel covers the lower half.
  const narrow = window.innerWidth <= 860;
  const padding = narrow ? { top: 40, left: 30, right: 30, bottom: window.innerHeight * 0.5 } : { top: 90, left: 90, right: 420, bottom: 90 };
  map.fitBounds(new LngLatBounds(hit.bbox), { padding, maxZoom: 18.2, duration: 900 });
  if (layer) void identify.show([[layer, hit.fid]]);
  byId('map-side').classList.remove('is-open');
}

/** Shows the layer that ?layer= names, wherever its items lie. */
function followLayer(map: LibreMap, layers: ReturnType<typeof byIdMap>): void {
  const layer = layers.get(new URLSearchParams(location.search).get('layer') ?? '');
  if (!layer) return;
  const box = document.getElementById(`show-${layer.id}`) as HTMLInputElement | null;
  if (box && !box.checked) box.click();
  box?.closest('details')?.setAttribute('open', '');
  box?.scrollIntoView({ block: 'center' });
  if (layer.extent) map.fitBounds(layer.extent, { padding: 40, maxZoom: 17, duration: 0 });
}

/** Follows ?parcel= and ?item=, as other pages link to the map. */
async function followLink(map: LibreMap, identify: Identify, layers: ReturnType<typeof byIdMap>): Promise<void> {
  const query = new URLSearchParams(location.search);
  const q = query.get('parcel') ?? query.get('item');
  if (!q) return;
  const parameter = query.has('parcel') ? `q=${encodeURIComponent(q)}&kind=parcel` : `item=${encodeURIComponent(q)}`;
  const found = await call<{ results: Hit[] }>('GET', `/api/v1/search?${parameter}&limit=1`);
  if (found.results[0]) goTo(map, identify, layers, found.results[0]);
  else say(t('search-none', { q }));
}

function bindSideToggle(): void {
  const side = byId('map-side');
  const button = byId('side-toggle');
  button.addEventListener('click', () => {
    const open = side.classList.toggle('is-open');
    button.setAttribute('aria-expanded', String(open));
  });
}

async function start(): Promise<void> {
  bindSideToggle();
  say(t('map-loading'));
  const catalog = await call<Catalog>('GET', '/api/v1/layers');
  const layers = byIdMap(catalog);
  let map: LibreMap | undefined;
  const visibility = new Visibility(() => map);
  const greyFar = layerTree(byId('layer-tree'), catalog, visibility);
  map = makeMap(byId('map'), {
    style: mapStyle(catalog, [...layers.values()], (l) => visibility.isOn(l)),
    bounds: catalog.bounds,
    fitBoundsOptions: { padding: 20 },
    hash: 'map',
  });
  if (!map) return say(undefined);
  const m = map;
  addControls(m, catalog);
  m.on('zoom', () => greyFar(m.getZoom()));
  m.on('error', (e) => {
    const message = (e as unknown as { error?: Error }).error?.message ?? '';
    if (!message.includes('404')) console.warn(message);
  });
  m.once('idle', () => document.documentElement.setAttribute('data-map', 'ready'));
  await m.once('load');
  greyFar(m.getZoom());
  say(undefined);
  const identify = new Identify(m, layers, addMark(m));
  searchBox(byId<HTMLFormElement>('search'), (hit) => goTo(m, identify, layers, hit));
  followChanges(m, layers, catalog.revision);
  followLayer(m, layers);
  await followLink(m, identify, layers);
}

start().catch((e: Error) => {
  say(undefined);
  byId('map').replaceChildren(
    el('div', { class: 'map-failed' }, el('div', { class: 'notice notice--error', role: 'alert' }, el('h2', {}, t('map-failed')), el('p', {}, e.message))),
  );
});
