// Click to identify: what lies at a place, with titles and units from the layers' definitions.
import type { Map as LibreMap, MapGeoJSONFeature, MapMouseEvent } from 'maplibre-gl';
import { call } from '../lib/api';
import { lineageNode } from '../edit/lineage';
import { byId, el, t } from '../lib/page';
import type { Catalog, Layer } from './catalog';
import { readValue } from './read';

export interface Item {
  id: number;
  geometry: GeoJSON.Geometry;
  properties: Record<string, unknown>;
}

/** Half the side of the box around a click that counts as hit, pixels. */
const reach = 5;

/** The panel beside the map. */
export class Identify {
  private readonly panel = byId('identify');
  private readonly body = byId('identify-body');
  private turn = 0;
  /** Layers that the reader may change; asked for once, of those who are signed in. */
  private editable: Promise<Set<string>> | undefined;

  constructor(
    private readonly map: LibreMap,
    private readonly layers: Map<string, Layer>,
    private readonly mark: (geometry: GeoJSON.Geometry | undefined) => void,
  ) {
    byId('identify-close').addEventListener('click', () => this.close());
    this.panel.addEventListener('keydown', (e) => {
      if (e.key === 'Escape') this.close();
    });
    map.on('click', (e) => void this.at(e));
    map.on('mousemove', (e) => {
      map.getCanvas().style.cursor = this.hits(e).length ? 'pointer' : '';
    });
  }

  private hits(e: MapMouseEvent): MapGeoJSONFeature[] {
    const { x, y } = e.point;
    const styles = [...this.layers.values()].flatMap((l) => l.style.map((s) => s.id)).filter((id) => this.map.getLayer(id));
    return this.map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers: styles });
  }

  private async at(e: MapMouseEvent): Promise<void> {
    const seen = new Set<string>();
    const found: [Layer, number][] = [];
    for (const feature of this.hits(e)) {
      const layer = this.layers.get(feature.source.replace(/-labels$/, ''));
      const key = `${layer?.id}/${feature.id}`;
      if (!layer || feature.id === undefined || seen.has(key)) continue;
      seen.add(key);
      found.push([layer, Number(feature.id)]);
    }
    if (found.length === 0) {
      this.close();
      return;
    }
    await this.show(found);
  }

  /** Shows these items, the first one open and marked on the map. */
  async show(found: [Layer, number][]): Promise<void> {
    const turn = ++this.turn;
    this.panel.hidden = false;
    this.body.replaceChildren(el('p', { role: 'status' }, el('span', { class: 'spinner', 'aria-hidden': 'true' }), ' ', t('loading')));
    // Parcels first: they are what people ask for.
    found.sort(([a], [b]) => Number(b.id === 'parcel') - Number(a.id === 'parcel'));
    const parts = await Promise.all(found.slice(0, 12).map(([layer, fid], i) => this.part(layer, fid, i === 0)));
    if (turn !== this.turn) return;
    this.body.replaceChildren(...parts);
  }

  private async part(layer: Layer, fid: number, first: boolean): Promise<HTMLElement> {
    try {
      const item = await call<Item>('GET', `/ogc/collections/${layer.id}/items/${fid}`, undefined, { accept: 'application/geo+json' });
      if (first) this.mark(item.geometry);
      return this.itemNode(layer, item, first);
    } catch (e) {
      return el('p', { class: 'notice notice--error' }, `${layer.title}: ${(e as Error).message}`);
    }
  }

  private itemNode(layer: Layer, item: Item, open: boolean): HTMLElement {
    const name = layer.label ? item.properties[layer.label] : undefined;
    const details = el(
      'details',
      { class: 'identify__item', open },
      el('summary', {}, name ? String(name) : layer.title, el('small', {}, name ? layer.title : '')),
    );
    const flags = this.flags(item);
    if (flags.length) details.append(el('p', {}, ...flags));
    const rows = layer.attributes
      .filter((a) => a.name !== 'made_up' && a.name !== 'approximate')
      .filter((a) => item.properties[a.name] !== undefined && item.properties[a.name] !== null)
      .flatMap((a) => [el('dt', {}, a.title), el('dd', {}, readValue(a, item.properties[a.name]))]);
    details.append(el('dl', { class: 'facts' }, ...rows));
    const action = this.action(layer, item);
    if (action) details.append(action);
    if (layer.id === 'parcel') details.append(lineageNode(layer, item.id, (fid) => void this.show([[layer, fid]])));
    void this.mayEdit(layer).then((may) => {
      if (may) details.append(el('a', { class: 'button button--plain', href: `/edit?layer=${layer.id}&item=${item.id}${location.hash}` }, t('edit-this')));
    });
    details.addEventListener('toggle', () => {
      if (details.open) this.mark(item.geometry);
    });
    return details;
  }

  private async mayEdit(layer: Layer): Promise<boolean> {
    if (!document.querySelector('.who')) return false;
    this.editable ??= call<{ layers: { id: string }[] }>('GET', '/api/v1/edit/layers').then(
      ({ layers }) => new Set(layers.map((l) => l.id)),
      () => new Set<string>(),
    );
    return (await this.editable).has(layer.id);
  }

  private flags(item: Item): HTMLElement[] {
    const made: HTMLElement[] = [];
    if (item.properties['made_up'] === true) made.push(el('span', { class: 'badge badge--manual' }, t('made-up')));
    if (item.properties['approximate'] === true) made.push(el('span', { class: 'badge badge--manual' }, t('approximate')));
    return made;
  }

  private action(layer: Layer, item: Item): HTMLElement | undefined {
    const code = String(item.properties['code'] ?? '');
    if (layer.id === 'parcel' && code) {
      return el('a', { class: 'button', href: `/apply?parcel=${encodeURIComponent(code)}` }, t('apply-here'));
    }
    if (layer.id === 'admin_commune' && code) {
      return el('a', { class: 'button button--plain', href: `/units/${encodeURIComponent(code)}` }, t('open-unit'));
    }
    if (layer.id === 'permit' && code) {
      return el('a', { class: 'button button--plain', href: `/permits/${encodeURIComponent(code)}` }, t('open-permit'));
    }
    return undefined;
  }

  /** Closes the panel and takes the mark off the map. */
  close(): void {
    this.turn++;
    this.panel.hidden = true;
    this.mark(undefined);
  }
}

/** Layers of the catalog by id. */
export function byIdMap(catalog: Catalog): Map<string, Layer> {
  return new Map(catalog.themes.flatMap((theme) => theme.layers).map((l) => [l.id, l]));
}
