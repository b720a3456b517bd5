// The page on which items are drawn and changed. A link may carry ?layer=ID&item=FID.
import { AttributionControl, GeolocateControl, NavigationControl, ScaleControl, type Map as LibreMap } from 'maplibre-gl';
import './portal';
import { call } from './lib/api';
import { withUnit } from './lib/format';
import { byId, el, t } from './lib/page';
import { Change, type Next } from './edit/change';
import { Merging, Splitting } from './edit/divide';
import { Frame } from './edit/frame';
import { readItem } from './edit/server';
import type { Shape } from './edit/shape';
import { snapZoom } from './edit/snap';
import type { EditLayer, Item } from './edit/types';
import { makeMap } from './map/base';
import type { Catalog, Layer } from './map/catalog';
import { byIdMap } from './map/identify';
import { mapStyle } from './map/style';
import { Visibility } from './map/tree';

type Mode = Change | Splitting | Merging;

/** Layers whose corners and edges others are drawn along. */
const alongside = ['parcel', 'zoning_lot', 'red_line', 'building_line', 'road', 'road_centreline', 'building', 'admin_commune'];

class Editor {
  private mode: Mode | undefined;
  private layer: EditLayer | undefined;
  private readonly select = byId<HTMLSelectElement>('edit-layer');
  private readonly tools = byId('edit-tools');
  private readonly measure = byId('edit-measure');
  private readonly buttons: Record<string, HTMLButtonElement> = {};
  private readonly next: Next;

  constructor(
    private readonly frame: Frame,
    private readonly themes: Catalog['themes'],
  ) {
    this.next = {
      close: () => this.idle(),
      open: (layer, fid, said) => void this.open(layer, fid, said),
      split: (layer, item) => this.take(new Splitting(frame, layer, item, this.next)),
    };
    this.fillLayers();
    this.bindTools();
    frame.canvas.onPick = (point) => this.pick(point);
    frame.canvas.onMove = () => this.sync();
    frame.canvas.onFinish = () => this.sync();
    frame.snapper.onCut = (cut) => cut && frame.say(t('edit-snap-cut'), false);
    frame.map.on('zoom', () => this.sync());
    byId('edit-new').addEventListener('click', () => this.leave() && this.draw());
    byId('edit-merge').addEventListener('click', () => this.leave() && this.startMerge());
    window.addEventListener('beforeunload', (e) => {
      if (this.mode?.dirty) e.preventDefault();
    });
    document.addEventListener('keydown', (e) => this.key(e));
  }

  private fillLayers(): void {
    for (const theme of this.themes) {
      const own = this.frame.layers.filter((l) => l.theme === theme.id);
      if (own.length) this.select.append(el('optgroup', { label: theme.title }, ...own.map((l) => el('option', { value: l.id }, l.title))));
    }
    this.select.addEventListener('change', () => {
      const layer = this.frame.layers.find((l) => l.id === this.select.value);
      if (layer && this.leave()) this.choose(layer);
      else if (this.layer) this.select.value = this.layer.id;
    });
  }

  /** Begins to work on a layer: it is drawn and snapped to, its communes are outlined. */
  choose(layer: EditLayer): void {
    this.layer = layer;
    this.select.value = layer.id;
    for (const style of this.frame.shown.get(layer.id)?.style ?? []) this.frame.map.setLayoutProperty(style.id, 'visibility', 'visible');
    byId('edit-merge').hidden = !layer.geometry.includes('Polygon');
    this.snapChoices(layer);
    void this.outline(layer);
    this.idle();
  }

  private snapChoices(layer: EditLayer): void {
    const offered = [layer.id, ...alongside.filter((id) => id !== layer.id && this.frame.shown.has(id))];
    const boxes = offered.map((id, i) => {
      const box = el('input', { type: 'checkbox', id: `snap-${id}` });
      box.checked = i === 0;
      return { id, box };
    });
    const sync = () => {
      this.frame.snapper.layers = boxes.filter((b) => b.box.checked).map((b) => b.id);
      void this.frame.snapper.load(true);
    };
    for (const { box } of boxes) box.addEventListener('change', sync);
    byId('edit-snap-layers').replaceChildren(...boxes.map(({ id, box }) => el('div', { class: 'check' }, box, el('label', { for: `snap-${id}` }, this.frame.shown.get(id)?.title ?? id))));
    sync();
  }

  /** The communes outside of which nothing may be written. */
  private async outline(layer: EditLayer): Promise<void> {
    this.frame.canvas.set('units', []);
    for (const unit of layer.units ?? []) {
      const found = await call<GeoJSON.FeatureCollection>('GET', `/ogc/collections/admin_commune/items?code=${encodeURIComponent(unit.code)}&f=json`).catch(() => undefined);
      if (found && this.layer === layer) this.frame.canvas.set('units', found.features);
    }
  }

  private leave(): boolean {
    return this.mode?.leave() ?? true;
  }

  private take(mode: Mode): void {
    this.mode = mode;
    this.sync();
  }

  /** Nothing is under way: what can be done, and how. */
  idle(): void {
    const layer = this.layer;
    this.mode = undefined;
    this.frame.snapper.except = undefined;
    this.frame.canvas.take(undefined);
    for (const id of ['picked', 'pieces', 'theirs'] as const) this.frame.canvas.set(id, []);
    if (!layer) return;
    const where = layer.units ? t('edit-only-in', { q: layer.units.map((u) => u.title).join(', ') }) : '';
    this.frame.show(
      el('div', {}, el('p', {}, t('edit-idle')), where ? el('p', { class: 'notice' }, where) : '', this.finder(layer, (fid) => void this.open(layer, fid))),
    );
    history.replaceState(null, '', `?layer=${layer.id}${location.hash}`);
    this.sync();
  }

  /** Opens an item by what it is called: the way without a pointer. */
  private finder(layer: EditLayer, found: (fid: number) => void): HTMLElement {
    const name = layer.label ?? undefined;
    const title = layer.attributes.find((a) => a.name === name)?.title ?? t('edit-number');
    const input = el('input', { type: 'text', id: 'find-item', autocomplete: 'off' });
    const error = el('span', { class: 'error-text', role: 'alert', hidden: true });
    const button = el('button', { type: 'button', class: 'button button--plain' }, t('edit-find-open'));
    const find = async () => {
      const q = input.value.trim();
      if (!q) return;
      const filter = name ? `${name}=${encodeURIComponent(q)}&limit=1` : '';
      const answer = name
        ? await call<GeoJSON.FeatureCollection>('GET', `/ogc/collections/${layer.id}/items?${filter}&f=json`).catch(() => undefined)
        : undefined;
      const fid = Number(answer?.features[0]?.id ?? (/^\d+$/.test(q) ? q : Number.NaN));
      error.hidden = fid > 0;
      error.textContent = fid > 0 ? '' : t('search-none', { q });
      if (fid > 0) {
        input.value = '';
        found(fid);
      }
    };
    button.addEventListener('click', () => void find());
    input.addEventListener('keydown', (e) => {
      if (e.key !== 'Enter') return;
      e.preventDefault();
      void find();
    });
    return el('div', { class: 'field edit-find' }, el('label', { for: 'find-item' }, t('edit-find', { field: title })), error, el('div', { class: 'edit-find__box' }, input, button));
  }

  async open(layer: EditLayer, fid: number, said?: string): Promise<void> {
    if (this.layer !== layer) this.choose(layer);
    try {
      const item: Item = await readItem(layer.id, fid);
      this.frame.goTo(item);
      for (const id of ['picked', 'pieces', 'theirs'] as const) this.frame.canvas.set(id, []);
      this.take(new Change(this.frame, layer, item, this.next));
      this.frame.say(said ?? '');
      history.replaceState(null, '', `?layer=${layer.id}&item=${fid}${location.hash}`);
    } catch (e) {
      this.idle();
      this.frame.say((e as Error).message, false);
    }
  }

  private draw(): void {
    this.frame.say('');
    if (this.layer) this.take(new Change(this.frame, this.layer, undefined, this.next));
  }

  private startMerge(): void {
    const layer = this.layer;
    this.frame.say('');
    if (layer) this.take(new Merging(this.frame, layer, this.next, (found) => this.finder(layer, found)));
  }

  private pick(point: { x: number; y: number }): void {
    if (!this.layer) return;
    const fid = this.frame.fidAt(this.layer, point);
    if (fid === undefined) return;
    if (this.mode instanceof Merging) void this.mode.pick(fid);
    else if (!this.mode) void this.open(this.layer, fid);
  }

  private get shape(): Shape | undefined {
    return this.mode instanceof Merging ? undefined : this.mode?.shape;
  }

  private bindTools(): void {
    const add = (name: string, act: () => void) => {
      const button = el('button', { type: 'button', class: 'tool', id: `tool-${name}`, title: t(`edit-tool-${name}-hint`) }, t(`edit-tool-${name}`));
      button.addEventListener('click', () => {
        act();
        this.sync();
      });
      this.buttons[name] = button;
      this.tools.append(button);
    };
    add('undo', () => this.shape?.undo());
    add('redo', () => this.shape?.redo());
    add('finish', () => this.shape?.finish());
    add('part', () => this.shape?.startPart());
    add('hole', () => this.shape?.startHole(this.frame.canvas.selected?.part ?? 0));
    add('remove', () => this.frame.canvas.removeSelected());
    add('snap', () => {
      this.frame.snapper.on = !this.frame.snapper.on;
      void this.frame.snapper.load(true);
    });
  }

  /** Shows what can be done now, and the measure of the shape. */
  private sync(): void {
    const shape = this.shape;
    const { canvas, snapper, map } = this.frame;
    const show = (name: string, there: boolean, usable = true) => {
      const button = this.buttons[name];
      if (!button) return;
      button.hidden = !there;
      button.disabled = !usable;
    };
    this.tools.hidden = !shape;
    const cutting = this.mode instanceof Splitting;
    const whole = Boolean(shape && !shape.drawing && shape.parts.length);
    show('undo', true, shape?.canUndo);
    show('redo', true, shape?.canRedo);
    show('finish', Boolean(shape?.drawing) && shape?.base !== 'Point', shape?.canFinish);
    show('part', whole && shape!.multi && !cutting);
    show('hole', whole && shape!.base === 'Polygon');
    show('remove', whole && !(shape!.base === 'Point' && !shape!.multi), canvas.selected !== undefined && shape!.canRemove(canvas.selected));
    show('snap', true);
    this.buttons['snap']!.setAttribute('aria-pressed', String(snapper.on));
    if (this.mode instanceof Change) this.mode.chosen();
    this.showMeasure(shape, snapper.on && map.getZoom() < snapZoom);
  }

  private showMeasure(shape: Shape | undefined, far: boolean): void {
    this.measure.hidden = !shape;
    if (!shape) return;
    const size = shape.measure(this.frame.canvas.tipAt);
    const texts: string[] = [];
    if (shape.base !== 'Point') texts.push(`${t(shape.base === 'Polygon' ? 'edit-perimeter' : 'edit-length')}: ${withUnit(size.length_m, 'm')}`);
    if (size.area_m2 !== undefined) texts.push(`${t('edit-area')}: ${withUnit(size.area_m2, 'm2', 1)}`);
    if (far) texts.push(t('edit-snap-far'));
    this.measure.textContent = texts.join('   ');
    this.measure.hidden = texts.length === 0;
  }

  private key(e: KeyboardEvent): void {
    const at = e.target as HTMLElement;
    if (at.closest('input, textarea, select, [contenteditable]') || at.closest('dialog')) return;
    if (at.closest('button, a, summary') && (e.key === 'Enter' || e.key === ' ')) return;
    if (this.frame.canvas.key(e)) {
      e.preventDefault();
      this.sync();
    }
  }
}

function addControls(map: LibreMap, catalog: Catalog): void {
  map.addControl(new NavigationControl({ showCompass: false }), 'bottom-right');
  map.addControl(new GeolocateControl({}), 'bottom-right');
  map.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-left');
  if (catalog.sample) map.addControl(new AttributionControl({ compact: false, customAttribution: t('map-sample') }), 'bottom-left');
}

/** What the map shows: the reader's own choice of layers, and always what is edited. */
function shownLayers(): (l: Layer) => boolean {
  const visibility = new Visibility(() => undefined);
  return (l) => visibility.isOn(l);
}

async function start(): Promise<void> {
  const [catalog, { layers }] = await Promise.all([call<Catalog>('GET', '/api/v1/layers'), call<{ layers: EditLayer[] }>('GET', '/api/v1/edit/layers')]);
  if (layers.length === 0) {
    byId('edit-panel').replaceChildren(el('p', { class: 'notice notice--warn' }, t('edit-no-layers')));
    byId('edit-head').hidden = true;
    return;
  }
  const known = byIdMap(catalog);
  const map = makeMap(byId('map'), {
    style: mapStyle(catalog, [...known.values()], shownLayers()),
    bounds: catalog.bounds,
    fitBoundsOptions: { padding: 20 },
    hash: 'map',
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
  });
  if (!map) return;
  addControls(map, catalog);
  await map.once('load');
  map.once('idle', () => document.documentElement.setAttribute('data-map', 'ready'));
  const frame = new Frame(map, layers, known);
  const editor = new Editor(frame, catalog.themes);
  const query = new URLSearchParams(location.search);
  const layer = layers.find((l) => l.id === query.get('layer')) ?? layers.find((l) => l.id === 'parcel') ?? layers[0]!;
  editor.choose(layer);
  const fid = Number(query.get('item'));
  if (query.get('layer') === layer.id && fid > 0) await editor.open(layer, fid);
  if (query.has('layer') && query.get('layer') !== layer.id) frame.say(t('edit-not-yours'), false);
}

start().catch((e: Error) => {
  byId('edit-panel').replaceChildren(el('p', { class: 'notice notice--error', role: 'alert' }, e.message));
});
