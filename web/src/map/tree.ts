// The layer tree: themes with their layers, a check box and a key each.
import type { Map as LibreMap } from 'maplibre-gl';
import { el, t } from '../lib/page';
import type { Catalog, Layer, Theme } from './catalog';
import { swatch } from './swatch';

const storeKey = 'dothi-layers';

/** Which layers are on: the reader's last choice, else the definition's. */
export class Visibility {
  private chosen: Record<string, boolean>;

  constructor(private readonly map: () => LibreMap | undefined) {
    try {
      this.chosen = JSON.parse(localStorage.getItem(storeKey) ?? '{}') as Record<string, boolean>;
    } catch {
      this.chosen = {};
    }
  }

  isOn(layer: Layer): boolean {
    return this.chosen[layer.id] ?? layer.visible;
  }

  set(layer: Layer, on: boolean): void {
    if (on === layer.visible) delete this.chosen[layer.id];
    else this.chosen[layer.id] = on;
    try {
      localStorage.setItem(storeKey, JSON.stringify(this.chosen));
    } catch {
      // Storage may be full or forbidden: the choice then lasts as long as the page.
    }
    const map = this.map();
    for (const style of layer.style) map?.setLayoutProperty(style.id, 'visibility', on ? 'visible' : 'none');
  }
}

/** Lowest zoom at which something of the layer is drawn. */
export function firstZoom(layer: Layer): number {
  const zooms = layer.style.map((s) => s.minzoom ?? 0);
  return Math.max(layer.min_zoom, zooms.length ? Math.min(...zooms) : 0);
}

/** Fills the tree; returns a function that greys the layers which the map's zoom does not show. */
export function layerTree(into: HTMLElement, catalog: Catalog, visibility: Visibility): (zoom: number) => void {
  const rows: { layer: Layer; row: HTMLElement }[] = [];
  into.replaceChildren(...catalog.themes.map((theme) => themeNode(theme, visibility, rows)));
  return (zoom) => {
    for (const { layer, row } of rows) {
      const far = zoom < firstZoom(layer);
      row.classList.toggle('is-far', far);
      row.title = far ? t('layer-zoom-in') : layer.description;
    }
  };
}

function themeNode(theme: Theme, visibility: Visibility, rows: { layer: Layer; row: HTMLElement }[]): HTMLElement {
  const count = el('span', { class: 'count' });
  const recount = () => {
    const on = theme.layers.filter((l) => visibility.isOn(l)).length;
    count.textContent = `${on}/${theme.layers.length}`;
    count.setAttribute('aria-label', t('layers-on', { on, all: theme.layers.length }));
  };
  recount();
  const open = theme.layers.some((l) => visibility.isOn(l));
  const details = el('details', { class: 'layer-theme', open }, el('summary', {}, theme.title, count));
  for (const layer of theme.layers) details.append(...layerNode(layer, visibility, recount, rows));
  return details;
}

function layerNode(layer: Layer, visibility: Visibility, changed: () => void, rows: { layer: Layer; row: HTMLElement }[]): HTMLElement[] {
  const id = `show-${layer.id}`;
  const box = el('input', { type: 'checkbox', id });
  box.checked = visibility.isOn(layer);
  const access = layer.access === 'O' ? false : el('span', { class: 'tag', title: t(`access-${layer.access}`) }, t(`access-short-${layer.access}`));
  const row = el('div', { class: 'layer-row' }, box, swatch(layer), el('label', { for: id }, layer.title), access, aboutLink(layer));
  rows.push({ layer, row });
  const codes = codeLegend(layer);
  const sync = () => codes?.toggleAttribute('hidden', !box.checked);
  box.addEventListener('change', () => {
    visibility.set(layer, box.checked);
    sync();
    changed();
  });
  sync();
  return codes ? [row, codes] : [row];
}

/** The way to the layer's page in the catalogue. */
function aboutLink(layer: Layer): HTMLElement {
  const text = t('layer-about', { q: layer.title });
  return el('a', { class: 'layer-row__about', href: `/layers/${layer.id}`, title: text, 'aria-label': text }, 'i');
}

/** Colours by code, where the layer is drawn by a coded attribute with colours. */
function codeLegend(layer: Layer): HTMLElement | undefined {
  const used = JSON.stringify(layer.style.map((s) => ('paint' in s ? s.paint : {})));
  const attribute = layer.attributes.find(
    (a) => a.codes && used.includes(`["get","${a.name}"]`) && Object.values(a.codes).some((c) => c.color),
  );
  if (!attribute?.codes) return undefined;
  const entries = Object.entries(attribute.codes).filter(([code, c]) => c.color && used.includes(`"${code}"`));
  if (entries.length < 2) return undefined;
  const list = el(
    'ul',
    {},
    ...entries.map(([, c]) => {
      const colour = el('i');
      colour.style.backgroundColor = c.color ?? '';
      return el('li', {}, colour, c.title);
    }),
  );
  return el('details', { class: 'legend-codes' }, el('summary', {}, t('legend', { count: entries.length })), list);
}
