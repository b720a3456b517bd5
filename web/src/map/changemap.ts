// The map of what changed: new, changed, old and removed shapes over the layers that help to find one's way.
import type { ExpressionSpecification, Map as LibreMap } from 'maplibre-gl';
import { call } from '../lib/api';
import { pageData } from '../lib/page';
import { boundsOf, pageMap, tellDrawn } from './base';
import type { Catalog } from './catalog';
import { mapStyle } from './style';

interface Data {
  layer: string;
  /** Each with `fid` and `state`: new, changed, old (before a change) or gone. */
  shapes: GeoJSON.FeatureCollection;
}

const around = ['admin_commune', 'river', 'lake', 'road', 'road_centreline', 'parcel'];
const colour: ExpressionSpecification = ['match', ['get', 'state'], 'new', '#17663a', 'gone', '#a61b1f', '#0b4d6b'];

function draw(map: LibreMap, shapes: GeoJSON.FeatureCollection): void {
  map.addSource('change', { type: 'geojson', data: shapes });
  const [old, point] = [['==', ['get', 'state'], 'old'], ['==', ['geometry-type'], 'Point']] as ExpressionSpecification[];
  const no = (e: ExpressionSpecification): ExpressionSpecification => ['!', e];
  map.addLayer({ id: 'change-fill', type: 'fill', source: 'change', filter: ['all', ['==', ['geometry-type'], 'Polygon'], no(old!)], paint: { 'fill-color': colour, 'fill-opacity': 0.18 } });
  map.addLayer({ id: 'change-line', type: 'line', source: 'change', filter: no(['any', old!, point!]), paint: { 'line-color': colour, 'line-width': 3 } });
  map.addLayer({ id: 'change-old', type: 'line', source: 'change', filter: ['all', old!, no(point!)], paint: { 'line-color': '#4a4f7a', 'line-width': 2, 'line-dasharray': [3, 2] } });
  map.addLayer({ id: 'change-dot', type: 'circle', source: 'change', filter: ['all', point!, no(old!)], paint: { 'circle-color': colour, 'circle-radius': 6, 'circle-stroke-color': '#fff', 'circle-stroke-width': 2 } });
  map.addLayer({ id: 'change-old-dot', type: 'circle', source: 'change', filter: ['all', point!, old!], paint: { 'circle-color': 'rgba(0,0,0,0)', 'circle-radius': 6, 'circle-stroke-color': '#4a4f7a', 'circle-stroke-width': 2 } });
}

/** From the list to the map, and from the map to the list. */
function bind(map: LibreMap, container: HTMLElement, shapes: GeoJSON.FeatureCollection): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-shape]')) {
    button.addEventListener('click', () => {
      const bounds = boundsOf(shapes.features.filter((f) => String(f.properties?.['fid']) === button.dataset['shape']));
      if (bounds) map.fitBounds(bounds, { padding: 70, maxZoom: 19 });
      container.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
    });
  }
  const layers = ['change-fill', 'change-line', 'change-old', 'change-dot', 'change-old-dot'];
  const fidAt = (p: { x: number; y: number }) =>
    map.queryRenderedFeatures([[p.x - 4, p.y - 4], [p.x + 4, p.y + 4]], { layers })[0]?.properties['fid'] as number | undefined;
  map.on('click', (e) => {
    const item = document.getElementById(`item-${fidAt(e.point)}`);
    item?.scrollIntoView({ block: 'center', behavior: 'smooth' });
    item?.querySelector('a')?.focus({ preventScroll: true });
  });
  map.on('mousemove', (e) => (map.getCanvas().style.cursor = fidAt(e.point) === undefined ? '' : 'pointer'));
}

/** Draws the map into its place. */
export async function changeMap(container: HTMLElement): Promise<void> {
  const data = pageData<Data>('change-shapes');
  if (!data) return;
  const catalog = await call<Catalog>('GET', '/api/v1/layers');
  const layers = catalog.themes.flatMap((theme) => theme.layers).filter((l) => around.includes(l.id) || l.id === data.layer);
  const map = await pageMap(container, {
    style: mapStyle(catalog, layers, () => true),
    bounds: boundsOf(data.shapes.features) ?? catalog.bounds,
    padding: 50,
    maxZoom: 19,
  });
  if (!map) return;
  draw(map, data.shapes);
  bind(map, container, data.shapes);
  tellDrawn(map);
}
