// The small map of one layer: its own tiles in its style, and where these are empty a grid of how many items lie where.
// With items of its own (a page of a list, one item) it shows these, marked.
import type { ExpressionSpecification, FilterSpecification, Map as LibreMap } from 'maplibre-gl';
import { byId, pageData } from '../lib/page';
import { boundsOf, pageMap, tellDrawn } from './base';
import type { Catalog, Layer } from './catalog';
import { mapStyle } from './style';
import { firstZoom } from './tree';

interface Data {
  layer: Layer;
  /** Address of the grid of counts; none where the items are shown. */
  coverage: string | null;
  /** Address of the items to mark, GeoJSON in CRS84. */
  items: string | null;
  revision: string;
  /** Layers whose outlines help to find one's way. */
  around: string[];
}

type Counts = GeoJSON.FeatureCollection & { max: number };

const NONE: Counts = { type: 'FeatureCollection', features: [], max: 0 };
const MARK = '#b3282d';

function addAround(map: LibreMap, id: string, revision: string): void {
  map.addSource(`around-${id}`, { type: 'vector', tiles: [`${location.origin}/tiles/${id}/{z}/{x}/{y}.mvt?rev=${revision}`], maxzoom: 16 });
  const first = map.getStyle().layers[1]?.id;
  const paint = { 'line-color': id === 'river' ? '#9cc3dd' : '#9aa5ab', 'line-width': 0.8 };
  map.addLayer({ id: `around-${id}`, type: 'line', source: `around-${id}`, 'source-layer': id, paint }, first);
}

function addCoverage(map: LibreMap, cells: Counts, far: number): void {
  map.addSource('coverage', { type: 'geojson', data: cells });
  map.addLayer({
    id: 'coverage',
    type: 'fill',
    source: 'coverage',
    minzoom: 0,
    maxzoom: Math.max(far, 0.01),
    paint: {
      'fill-color': '#0b4d6b',
      // A cell with a single item is seen; the fullest is dark.
      'fill-opacity': ['interpolate', ['linear'], ['sqrt', ['/', ['get', 'count'], Math.max(cells.max, 1)]], 0, 0.18, 1, 0.85],
      'fill-outline-color': 'rgba(255,255,255,0.6)',
    },
  });
  const note = document.getElementById('layer-map-note');
  if (!note) return;
  const tell = () => (note.hidden = map.getZoom() >= far);
  map.on('zoomend', tell);
  tell();
}

/** The marked items, and one of them marked more. */
function addItems(map: LibreMap, items: GeoJSON.FeatureCollection): (fid: string | undefined) => void {
  map.addSource('items', { type: 'geojson', data: items });
  const of = (type: string, more?: ExpressionSpecification): FilterSpecification => {
    const is = ['==', ['geometry-type'], type] as ExpressionSpecification;
    return more ? ['all', is, more] : is;
  };
  const one = (fid: string | undefined): ExpressionSpecification => ['==', ['to-string', ['id']], fid ?? ''];
  const none = one(undefined);
  map.addLayer({ id: 'items-fill', type: 'fill', source: 'items', filter: of('Polygon'), paint: { 'fill-color': MARK, 'fill-opacity': 0.12 } });
  map.addLayer({ id: 'items-line', type: 'line', source: 'items', paint: { 'line-color': MARK, 'line-width': 2 } });
  map.addLayer({ id: 'items-dot', type: 'circle', source: 'items', filter: of('Point'), paint: { 'circle-color': MARK, 'circle-radius': 5, 'circle-stroke-color': '#fff', 'circle-stroke-width': 1.5 } });
  map.addLayer({ id: 'one-fill', type: 'fill', source: 'items', filter: of('Polygon', none), paint: { 'fill-color': '#f2b705', 'fill-opacity': 0.45 } });
  map.addLayer({ id: 'one-case', type: 'line', source: 'items', filter: none, paint: { 'line-color': '#fff', 'line-width': 7 } });
  map.addLayer({ id: 'one-line', type: 'line', source: 'items', filter: none, paint: { 'line-color': MARK, 'line-width': 4 } });
  map.addLayer({ id: 'one-dot', type: 'circle', source: 'items', filter: of('Point', none), paint: { 'circle-color': '#f2b705', 'circle-radius': 9, 'circle-stroke-color': MARK, 'circle-stroke-width': 3 } });
  return (fid) => {
    map.setFilter('one-fill', of('Polygon', one(fid)));
    map.setFilter('one-case', one(fid));
    map.setFilter('one-line', one(fid));
    map.setFilter('one-dot', of('Point', one(fid)));
  };
}

/** From the table to the map, and from the map to the table. */
function bindRows(map: LibreMap, container: HTMLElement, items: GeoJSON.FeatureCollection, mark: (fid: string | undefined) => void): void {
  const rows = [...document.querySelectorAll<HTMLElement>('tr[data-item]')];
  const choose = (fid: string | undefined) => {
    mark(fid);
    for (const row of rows) row.classList.toggle('is-chosen', row.dataset['item'] === fid);
  };
  for (const row of rows) {
    const fid = row.dataset['item']!;
    row.addEventListener('mouseenter', () => mark(fid));
    row.addEventListener('mouseleave', () => mark(rows.find((r) => r.classList.contains('is-chosen'))?.dataset['item']));
    row.querySelector('button[data-show]')?.addEventListener('click', () => {
      choose(fid);
      const bounds = boundsOf(items.features.filter((f) => String(f.id) === fid));
      if (bounds) map.fitBounds(bounds, { padding: 60, maxZoom: 18 });
      container.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
    });
  }
  const fidAt = (p: { x: number; y: number }) => {
    const hit = map.queryRenderedFeatures([[p.x - 4, p.y - 4], [p.x + 4, p.y + 4]], { layers: ['items-fill', 'items-line', 'items-dot'] })[0];
    return hit?.id === undefined ? undefined : String(hit.id);
  };
  map.on('click', (e) => {
    const fid = fidAt(e.point);
    choose(fid);
    rows.find((r) => r.dataset['item'] === fid)?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  });
  map.on('mousemove', (e) => (map.getCanvas().style.cursor = fidAt(e.point) === undefined ? '' : 'pointer'));
}

async function fetched<T>(address: string | null, otherwise: T): Promise<T> {
  if (!address) return otherwise;
  const response = await fetch(address, { headers: { accept: 'application/geo+json' } });
  return response.ok ? ((await response.json()) as T) : otherwise;
}

/** Draws the map into its place. */
export async function layerMap(container: HTMLElement): Promise<void> {
  const data = pageData<Data>('layer-map-data');
  if (!data?.layer.extent) return;
  const [cells, items] = await Promise.all([fetched(data.coverage, NONE), fetched<GeoJSON.FeatureCollection | GeoJSON.Feature>(data.items, NONE)]);
  const marked: GeoJSON.FeatureCollection = items.type === 'Feature' ? { type: 'FeatureCollection', features: [items] } : items;
  const catalog = { themes: [], bounds: data.layer.extent, revision: data.revision, sample: false } as Catalog;
  const map = await pageMap(container, {
    style: mapStyle(catalog, [data.layer], () => true),
    bounds: boundsOf(marked.features) ?? data.layer.extent,
    padding: data.items ? 48 : 24,
    maxZoom: 17,
  });
  if (!map) return;
  for (const id of data.around) addAround(map, id, data.revision);
  if (data.coverage) addCoverage(map, cells, firstZoom(data.layer));
  if (data.items) bindRows(map, container, marked, addItems(map, marked));
  bindBox(map);
  tellDrawn(map);
}

/** The button that puts what the map shows into the form's box. */
function bindBox(map: LibreMap): void {
  const button = document.getElementById('bbox-from-map');
  if (!button) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    const input = byId<HTMLInputElement>('bbox');
    input.value = map.getBounds().toArray().flat().map((v) => v.toFixed(5)).join(',');
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.focus();
  });
}
