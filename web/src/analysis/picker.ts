// Choosing features: a layer with conditions, or a place on the map.
import { el, t } from '../lib/page';
import { parseNumber } from '../lib/forms';
import type { Attribute, Catalog, Layer } from '../map/catalog';

/** Features as /api/v1/analysis takes them. */
export interface Features {
  layer?: string;
  where?: { attribute: string; op: string; value?: string | number | boolean }[];
  area?: GeoJSON.Geometry;
  geometry?: GeoJSON.Geometry;
}

const place = '@place';
const ops: [string, string][] = [['eq', '='], ['ne', '≠'], ['lt', '<'], ['le', '≤'], ['gt', '>'], ['ge', '≥'], ['is_null', t('an-null')], ['not_null', t('an-not-null')]];

export interface PickerOptions {
  id: string;
  label: string;
  /** Which geometries may be chosen. */
  fits: (layer: Layer) => boolean;
  /** Whether a point on the map may be chosen in the place of a layer. */
  place: boolean;
  /** Whether it may stay empty. */
  optional?: boolean;
  first?: string;
}

/** What the picker needs of the map: the box that is seen, and the point that was chosen. */
export interface Ground {
  view(): GeoJSON.Polygon | undefined;
  askPoint(): Promise<GeoJSON.Point>;
}

/** One field set of the form. */
export class Picker {
  readonly node: HTMLFieldSetElement;
  private readonly layer: HTMLSelectElement;
  private readonly conditions = el('div', { class: 'an-conditions' });
  private readonly inView: HTMLInputElement;
  private readonly point = el('p', { class: 'small muted' });
  private readonly more: HTMLElement;
  private chosen?: GeoJSON.Point;
  onLayer?: (layer: Layer | undefined) => void;

  constructor(private readonly layers: Map<string, Layer>, catalog: Catalog, private readonly options: PickerOptions, private readonly ground: Ground) {
    const { id } = options;
    this.layer = el('select', { id: `${id}-layer` });
    if (options.optional) this.layer.append(el('option', { value: '' }, t('an-none')));
    if (options.place) this.layer.append(el('option', { value: place }, t('an-place')));
    for (const theme of catalog.themes) {
      const fitting = theme.layers.filter(options.fits);
      if (fitting.length) this.layer.append(el('optgroup', { label: theme.title }, ...fitting.map((l) => el('option', { value: l.id }, l.title))));
    }
    if (options.first && layers.has(options.first)) this.layer.value = options.first;
    this.inView = el('input', { type: 'checkbox', id: `${id}-view` });
    const add = el('button', { type: 'button', class: 'button button--plain button--small' }, t('an-add-condition'));
    add.addEventListener('click', () => this.addCondition());
    this.more = el('div', {}, this.conditions, add, el('p', { class: 'check' }, this.inView, ' ', el('label', { for: `${id}-view` }, t('an-in-view'))));
    this.node = el('fieldset', { class: 'an-picker' }, el('legend', {}, options.label),
      el('label', { class: 'visually-hidden', for: `${id}-layer` }, options.label), this.layer, this.point, this.more);
    this.layer.addEventListener('change', () => this.changed(true));
    this.changed(false);
  }

  /** The layer that is chosen, if it is one. */
  get chosenLayer(): Layer | undefined {
    return this.layers.get(this.layer.value);
  }

  private changed(byPerson: boolean): void {
    const isPlace = this.layer.value === place;
    this.more.hidden = isPlace || this.layer.value === '';
    this.conditions.replaceChildren();
    this.chosen = undefined;
    this.point.textContent = isPlace ? t('an-click-map') : '';
    this.point.hidden = !isPlace;
    if (isPlace && byPerson) {
      void this.ground.askPoint().then((p) => {
        this.chosen = p;
        const [x, y] = p.coordinates as [number, number];
        this.point.textContent = `${x.toFixed(5)}, ${y.toFixed(5)}`;
      });
    }
    this.onLayer?.(this.chosenLayer);
  }

  private addCondition(): void {
    const layer = this.chosenLayer;
    if (!layer) return;
    const attribute = el('select', { 'aria-label': t('an-attribute') }, ...layer.attributes.map((a) => el('option', { value: a.name }, a.title)));
    const op = el('select', { 'aria-label': t('an-op') }, ...ops.map(([v, text]) => el('option', { value: v }, text)));
    const slot = el('span', { class: 'an-value' });
    const remove = el('button', { type: 'button', class: 'icon-button', 'aria-label': t('an-remove') }, '×');
    const row = el('div', { class: 'an-condition' }, attribute, op, slot, remove);
    const sync = () => {
      const found = layer.attributes.find((a) => a.name === attribute.value);
      slot.replaceChildren(...(op.value.endsWith('null') || !found ? [] : [valueField(found)]));
    };
    attribute.addEventListener('change', sync);
    // Another comparison keeps the value that was typed.
    op.addEventListener('change', () => {
      if (op.value.endsWith('null') === (slot.childElementCount > 0)) sync();
    });
    remove.addEventListener('click', () => row.remove());
    sync();
    this.conditions.append(row);
    attribute.focus();
  }

  /** What was chosen; an error names what is missing. */
  value(): Features | undefined {
    if (this.layer.value === '') {
      if (this.options.optional) return undefined;
      throw new Error(`${this.options.label}: ${t('an-choose')}`);
    }
    if (this.layer.value === place) {
      if (!this.chosen) throw new Error(`${this.options.label}: ${t('an-click-map')}`);
      return { geometry: this.chosen };
    }
    const where = [...this.conditions.children].map((row) => {
      const [attribute, op, value] = [...row.querySelectorAll<HTMLSelectElement | HTMLInputElement>('select, input')];
      if (!value) return { attribute: attribute!.value, op: op!.value };
      const type = this.chosenLayer?.attributes.find((a) => a.name === attribute!.value)?.type;
      const number = type === 'integer' || type === 'real';
      if (value.value === '' || (number && Number.isNaN(parseNumber(value.value)))) throw new Error(`${this.options.label}: ${t('an-value-missing')}`);
      return { attribute: attribute!.value, op: op!.value, value: number ? parseNumber(value.value) : value.value };
    });
    const area = this.inView.checked ? this.ground.view() : undefined;
    return { layer: this.layer.value, ...(where.length ? { where } : {}), ...(area ? { area } : {}) };
  }
}

function valueField(a: Attribute): HTMLElement {
  const label = { 'aria-label': t('an-value') };
  if (a.codes) {
    return el('select', label, ...Object.entries(a.codes).map(([code, c]) => el('option', { value: code }, c.title)));
  }
  if (a.type === 'boolean') return el('select', label, el('option', { value: 'true' }, t('yes')), el('option', { value: 'false' }, t('no')));
  if (a.type === 'date') return el('input', { type: 'date', ...label });
  return el('input', { type: 'text', ...(a.type === 'text' ? {} : { inputmode: 'decimal' }), ...label });
}
