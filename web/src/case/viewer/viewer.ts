// The model on the case's map: loading, storeys, section, picking, and what the model says of an element.
import type { Map as LibreMap, MapMouseEvent } from 'maplibre-gl';
import { call } from '../../lib/api';
import { el, t } from '../../lib/page';
import { fetchWithProgress, readGlb, type Model } from './glb';
import { ModelLayer } from './layer';

/** Where a model of the case is had. */
export interface Source {
  /** The work that it is of. */
  work: string;
  /** The compact model. */
  glb: string;
  /** What the model says of an element: `/<GlobalId>` is added. */
  elements: string;
  /** GlobalIds of the elements that failed checks name. */
  failed: string[];
}

interface Sheet {
  global_id: string;
  entity: string;
  name: string | null;
  object_type: string | null;
  predefined_type: string | null;
  type_name: string | null;
  storey: string | null;
  sets: { name: string; properties: Record<string, unknown> }[];
}

const FAILED: [number, number, number] = [196, 32, 36];
const PICKED: [number, number, number] = [255, 191, 0];
/** Steps of the section's slider. */
const STEPS = 200;

/**
 * Puts the viewer's button and panel onto a map of a case. Nothing is fetched before the button is pressed.
 * `named`: whether the button must say which work it shows. `shows` is told when the model appears and goes.
 */
export function bindViewer(map: LibreMap, box: HTMLElement, source: Source, named: boolean, shows: (on: boolean) => void): void {
  const label = named ? `${t('viewer-show')} · ${source.work}` : t('viewer-show');
  const button = el('button', { type: 'button', class: 'button button--plain button--small', 'aria-pressed': 'false' }, label);
  const panel = el('div', { class: 'viewer', role: 'region', 'aria-label': t('viewer-title'), hidden: true });
  box.querySelector('.casemap__tools')?.append(button);
  box.append(panel);
  let viewer: Viewer | undefined;
  let loading: AbortController | undefined;
  const pressed = (on: boolean): void => {
    button.setAttribute('aria-pressed', String(on));
    panel.hidden = !on;
  };
  button.addEventListener('click', () => {
    if (loading) {
      loading.abort();
      return;
    }
    const on = button.getAttribute('aria-pressed') !== 'true';
    pressed(on);
    if (viewer) {
      viewer.toggle(on);
      return;
    }
    const mine = new AbortController();
    loading = mine;
    void load(source, panel, mine.signal)
      .then((model) => {
        if (model) viewer = new Viewer(map, panel, model, source, shows);
      })
      .catch((e: Error) => {
        if (mine.signal.aborted) pressed(false);
        else panel.replaceChildren(el('p', { class: 'notice notice--error', role: 'alert' }, t('viewer-failed', { reason: e.message })));
      })
      .finally(() => {
        loading = undefined;
      });
  });
}

/** The model; none (and a word in the panel) where it has no place on the map. */
async function load(source: Source, panel: HTMLElement, signal: AbortSignal): Promise<Model | undefined> {
  const bar = el('progress', { 'aria-label': t('viewer-loading') });
  const words = el('p', { 'aria-live': 'polite' }, t('viewer-loading'));
  panel.replaceChildren(words, bar);
  const bytes = await fetchWithProgress(source.glb, signal, (got, total) => {
    if (total) {
      bar.max = total;
      bar.value = got;
    }
    words.textContent = t('viewer-got', { mb: (got / 1e6).toFixed(1) });
  });
  const model = readGlb(bytes);
  if (model.placement) return model;
  panel.replaceChildren(el('p', { class: 'notice notice--warn' }, t('viewer-no-place')));
  return undefined;
}

class Viewer {
  private readonly layer: ModelLayer;
  private readonly sheet = el('div', { class: 'viewer__sheet', 'aria-live': 'polite' });
  private readonly failed: Set<number>;
  private picked: number | undefined;

  constructor(
    private readonly map: LibreMap,
    panel: HTMLElement,
    private readonly model: Model,
    private readonly source: Source,
    private readonly shows: (on: boolean) => void,
  ) {
    if (!model.placement) throw new Error(t('viewer-no-place'));
    this.layer = new ModelLayer(model, model.placement, source.work);
    const failed = new Set(source.failed);
    this.failed = new Set(model.elements.flatMap(([id], row) => (failed.has(id) ? [row] : [])));
    for (const row of this.failed) this.layer.mark(row, FAILED);
    panel.replaceChildren(this.storeys(), this.section(), this.failures(), this.sheet);
    panel.addEventListener('keydown', (e) => {
      if (e.key === 'Escape') this.select(undefined);
    });
    this.sheet.replaceChildren(el('p', { class: 'small' }, t('viewer-pick')));
    this.toggle(true);
  }

  toggle(on: boolean): void {
    if (on === Boolean(this.map.getLayer(this.layer.id))) return;
    if (on) {
      this.map.addLayer(this.layer);
      this.map.on('click', this.click);
      this.map.easeTo({ pitch: 60, bearing: -25 });
    } else {
      this.map.off('click', this.click);
      this.map.removeLayer(this.layer.id);
    }
    this.shows(on);
  }

  private readonly click = (e: MapMouseEvent): void => this.select(this.layer.at(e.point.x, e.point.y));

  /** A slider over the storeys: those above the chosen one are hidden. */
  private storeys(): HTMLElement | string {
    const { storeys } = this.model;
    if (storeys.length < 2) return '';
    const last = storeys.length - 1;
    const said = el('output', {}, t('viewer-all-storeys'));
    const slider = el('input', { type: 'range', min: '0', max: String(last), value: String(last) });
    slider.addEventListener('input', () => {
      const top = Number(slider.value);
      this.layer.topStorey = top === last ? Infinity : top;
      const words = top === last ? t('viewer-all-storeys') : t('viewer-up-to', { storey: storeys[top]?.name ?? '' });
      said.textContent = words;
      slider.setAttribute('aria-valuetext', words);
      this.layer.repaint();
    });
    return el('label', { class: 'viewer__row' }, t('viewer-storeys'), slider, said);
  }

  /** A plane that cuts the model open: across its length, its depth or its height. */
  private section(): HTMLElement {
    const axes = el('select', {});
    for (const [value, key] of [['', 'viewer-cut-none'], ['1', 'viewer-cut-height'], ['0', 'viewer-cut-x'], ['2', 'viewer-cut-y']] as const) {
      axes.append(el('option', { value }, t(key)));
    }
    const slider = el('input', { type: 'range', min: '0', max: String(STEPS), value: String(STEPS / 2), 'aria-label': t('viewer-cut-place'), disabled: true });
    const change = (): void => {
      slider.disabled = axes.value === '';
      const axis = Number(axes.value) as 0 | 1 | 2;
      const { min, max } = this.model.box;
      const normal: [number, number, number, number] = [0, 0, 0, 1];
      if (axes.value !== '') {
        normal[axis] = 1;
        normal[3] = min[axis] + ((max[axis] - min[axis]) * Number(slider.value)) / STEPS;
      }
      this.layer.section = normal;
      this.layer.repaint();
    };
    axes.addEventListener('change', change);
    slider.addEventListener('input', change);
    return el('div', { class: 'viewer__row' }, el('label', {}, t('viewer-cut'), axes), slider);
  }

  /** The failed elements, to be reached without a pointer. */
  private failures(): HTMLElement | string {
    if (!this.failed.size) return '';
    const list = el('select', {}, el('option', { value: '' }, t('viewer-failed-elements', { count: this.failed.size })));
    for (const row of this.failed) {
      const [id, entity] = this.model.elements[row] ?? ['', 0];
      list.append(el('option', { value: String(row) }, `${this.model.entities[entity] ?? ''} ${id}`));
    }
    list.addEventListener('change', () => this.select(list.value === '' ? undefined : Number(list.value)));
    return el('label', { class: 'viewer__row viewer__failed' }, t('viewer-failed-label'), list);
  }

  private select(row: number | undefined): void {
    if (this.picked !== undefined) this.layer.mark(this.picked, this.failed.has(this.picked) ? FAILED : undefined);
    this.picked = row;
    const element = row === undefined ? undefined : this.model.elements[row];
    if (row === undefined || !element) {
      this.sheet.replaceChildren(el('p', { class: 'small' }, t('viewer-pick')));
      return;
    }
    this.layer.mark(row, PICKED);
    const [id, entity] = element;
    this.sheet.replaceChildren(el('h3', {}, this.model.entities[entity] ?? ''), el('p', {}, t('loading')));
    call<Sheet>('GET', `${this.source.elements}/${encodeURIComponent(id)}`)
      .then((sheet) => {
        // Another element may have been picked while this one's answer was under way.
        if (this.picked === row) this.sheet.replaceChildren(...describe(sheet));
      })
      .catch((e: Error) => {
        if (this.picked === row) this.sheet.replaceChildren(el('p', { class: 'notice notice--error' }, e.message));
      });
  }
}

const rows = (pairs: [string, unknown][]): HTMLElement =>
  el('dl', {}, ...pairs.filter(([, value]) => value !== null && value !== '').flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, said(value))]));

function said(value: unknown): string {
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  return String(value);
}

function describe(sheet: Sheet): HTMLElement[] {
  const head = rows([
    [t('viewer-class'), sheet.predefined_type ? `${sheet.entity} (${sheet.predefined_type})` : sheet.entity],
    [t('viewer-type'), sheet.type_name ?? sheet.object_type],
    [t('viewer-storey'), sheet.storey],
    ['GlobalId', sheet.global_id],
  ]);
  const sets = sheet.sets.map((set) => el('details', {}, el('summary', {}, set.name), rows(Object.entries(set.properties))));
  return [el('h3', {}, sheet.name ?? sheet.entity), head, ...sets];
}
