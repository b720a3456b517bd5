// What every mode of the page works with: the map, the panel, the layer that is edited.
import type { Map as LibreMap } from 'maplibre-gl';
import { mistakesOf, showMistakes, type Mistake } from '../lib/forms';
import { byId, el } from '../lib/page';
import type { Layer } from '../map/catalog';
import { bringTo } from '../map/live';
import { Canvas } from './canvas';
import { keyNames } from './form';
import { Snapper } from './snap';
import type { EditLayer, Item } from './types';

/** The shared parts of the page. */
export class Frame {
  readonly snapper: Snapper;
  readonly canvas: Canvas;
  readonly panel = byId('edit-panel');
  private readonly status = byId('edit-status');

  constructor(
    readonly map: LibreMap,
    readonly layers: EditLayer[],
    readonly shown: Map<string, Layer>,
  ) {
    this.snapper = new Snapper(map);
    this.canvas = new Canvas(map, this.snapper);
  }

  /** Shows the nodes of a mode in the panel. */
  show(...nodes: (Node | string)[]): void {
    this.panel.replaceChildren(...nodes);
    this.panel.scrollTop = 0;
  }

  /** Says what happened, to eyes and to screen readers. */
  say(text: string, good = true): void {
    this.status.replaceChildren(el('span', { class: good ? 'notice notice--ok' : 'notice notice--error' }, text));
    this.status.hidden = text === '';
  }

  /** The item of the edited layer under a place of the screen. */
  fidAt(layer: EditLayer, point: { x: number; y: number }): number | undefined {
    const styles = this.shown.get(layer.id)?.style.map((s) => s.id).filter((id) => this.map.getLayer(id)) ?? [];
    const reach = layer.geometry.includes('Polygon') ? 1 : 8;
    const box: [[number, number], [number, number]] = [
      [point.x - reach, point.y - reach],
      [point.x + reach, point.y + reach],
    ];
    return this.map.queryRenderedFeatures(box, { layers: styles }).map((f) => Number(f.id)).find((id) => id > 0);
  }

  /** Brings the map's tiles of a layer to a revision, and what is snapped to. */
  refresh(layer: EditLayer, revision: string | number | null): void {
    const known = this.shown.get(layer.id);
    if (known) bringTo(this.map, known, String(revision ?? Date.now()));
    void this.snapper.load(true);
  }

  /** Brings an item into view, unless it is. */
  goTo(item: Pick<Item, 'geometry'>): void {
    const points = JSON.stringify(item.geometry).match(/\[-?[\d.e-]+,-?[\d.e-]+/g)?.map((p) => p.slice(1).split(',').map(Number)) ?? [];
    const [x, y] = [points.map((p) => p[0]!), points.map((p) => p[1]!)];
    if (points.length === 0) return;
    const reduce = (v: number[], f: (a: number, b: number) => number) => v.reduce((a, b) => f(a, b));
    const [w, s, e, n] = [reduce(x, Math.min), reduce(y, Math.min), reduce(x, Math.max), reduce(y, Math.max)];
    const b = this.map.getBounds();
    const seen = b.contains([w, s]) && b.contains([e, n]) && this.map.getZoom() >= 15;
    if (!seen) this.map.fitBounds([[w, s], [e, n]], { padding: 80, maxZoom: 18.5, duration: 0 });
  }
}

/** Shows what the server refused at the fields that it names. */
export function showRefusal(form: HTMLFormElement, e: unknown, named: (name: string) => Mistake['field'] | undefined = () => undefined): void {
  const found = mistakesOf(form, e);
  const body = (e as { body?: Record<string, unknown> }).body ?? {};
  const parameter = typeof body['parameter'] === 'string' ? body['parameter'] : '';
  const names = [...keyNames(body['key']), parameter.split('/').pop()!];
  const field = names.map(named).find(Boolean);
  if (found[0] && !found[0].field && field) found[0].field = field;
  showMistakes(form, found);
}
