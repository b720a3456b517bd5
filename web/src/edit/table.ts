// The vertices as numbers in VN-2000: what surveyors type, and the way to edit without a pointer.
import { parseNumber } from '../lib/forms';
import { el, lang, t } from '../lib/page';
import type { Canvas } from './canvas';
import { fromPlane, toPlane, type EastNorth } from './plane';
import type { Address, Shape } from './shape';

/** Rows that are drawn; larger shapes are edited on the map. */
const most = 300;

function metres(value: number): string {
  const text = value.toFixed(3);
  return lang === 'vi' ? text.replace('.', ',') : text;
}

/** Reads a northing (X) and an easting (Y); the text says what is wrong with them. */
function readPlace(x: string, y: string): EastNorth | string {
  const [north, east] = [parseNumber(x), parseNumber(y)];
  if (Number.isNaN(north) || Number.isNaN(east)) return t('edit-coordinate-number');
  if (east > 1_000_000 && north < 1_000_000) return t('edit-coordinate-swapped');
  if (east < 0 || east > 1_000_000 || north < 500_000 || north > 2_700_000) return t('edit-coordinate-far');
  return [east, north];
}

/** The table of a shape's vertices. */
export class VertexTable {
  readonly node: HTMLDetailsElement;
  private readonly body = el('tbody');
  private readonly error = el('p', { class: 'error-text', role: 'alert', hidden: true });
  private readonly note = el('p', { class: 'small muted', hidden: true }, t('edit-many-vertices', { count: most }));
  private readonly x = el('input', { type: 'text', id: 'new-x', inputmode: 'decimal', autocomplete: 'off' });
  private readonly y = el('input', { type: 'text', id: 'new-y', inputmode: 'decimal', autocomplete: 'off' });
  private due = 0;

  constructor(
    private readonly shape: Shape,
    private readonly canvas: Canvas,
  ) {
    const add = el('button', { type: 'button', class: 'button button--plain button--small' }, t('edit-add-vertex'));
    add.addEventListener('click', () => this.add());
    for (const input of [this.x, this.y]) {
      input.addEventListener('keydown', (e) => {
        if (e.key !== 'Enter') return;
        e.preventDefault();
        this.add();
      });
    }
    const head = el('tr', {}, el('th', { scope: 'col' }, '#'), el('th', { scope: 'col' }, t('edit-x')), el('th', { scope: 'col' }, t('edit-y')), el('th', {}, el('span', { class: 'visually-hidden' }, t('edit-remove-vertex'))));
    this.node = el(
      'details',
      { class: 'edit-vertices' },
      el('summary', {}, t('edit-coordinates')),
      el('p', { class: 'small muted' }, t('edit-coordinates-hint')),
      this.error,
      this.note,
      el('table', {}, el('caption', { class: 'visually-hidden' }, t('edit-coordinates')), el('thead', {}, head), this.body),
      el(
        'div',
        { class: 'edit-vertices__new' },
        el('div', { class: 'field' }, el('label', { for: 'new-x' }, t('edit-x')), this.x),
        el('div', { class: 'field' }, el('label', { for: 'new-y' }, t('edit-y')), this.y),
        add,
      ),
    );
    this.node.addEventListener('toggle', () => this.refresh());
  }

  /** Draws the rows anew, a moment later and only where they are seen. */
  refresh(): void {
    if (!this.node.open) return;
    cancelAnimationFrame(this.due);
    this.due = requestAnimationFrame(() => this.fill());
  }

  private fill(): void {
    const all = this.shape.addresses();
    this.note.hidden = all.length <= most;
    const rows = all.slice(0, most);
    while (this.body.rows.length > rows.length) this.body.deleteRow(-1);
    rows.forEach((a, i) => {
      const row = this.body.rows[i] ?? this.row(i);
      const [east, north] = toPlane(this.shape.at(a)!);
      const [x, y] = [...row.querySelectorAll('input')];
      if (document.activeElement !== x) x!.value = metres(north);
      if (document.activeElement !== y) y!.value = metres(east);
      row.querySelector('button')!.disabled = !this.shape.canRemove(a);
      const chosen = this.canvas.selected;
      row.classList.toggle('is-chosen', chosen?.part === a.part && chosen.path === a.path && chosen.index === a.index);
    });
  }

  private address(i: number): Address {
    return this.shape.addresses()[i]!;
  }

  private row(i: number): HTMLTableRowElement {
    const input = (name: string) => el('input', { type: 'text', inputmode: 'decimal', autocomplete: 'off', 'aria-label': `${name}, ${i + 1}` });
    const [x, y] = [input(t('edit-x')), input(t('edit-y'))];
    const remove = el('button', { type: 'button', class: 'icon-button', 'aria-label': `${t('edit-remove-vertex')} ${i + 1}`, title: t('edit-remove-vertex') }, '×');
    const row = el('tr', {}, el('th', { scope: 'row' }, String(i + 1)), el('td', {}, x), el('td', {}, y), el('td', {}, remove));
    const move = () => {
      const place = readPlace(x.value, y.value);
      if (!this.accept(place, [x, y])) return;
      const at = this.address(i);
      const [e, n] = toPlane(this.shape.at(at)!);
      // Three decimals are shown: what was not typed anew is not rounded.
      if (metres(e) === y.value.trim() && metres(n) === x.value.trim()) return;
      this.shape.move(at, fromPlane(place as EastNorth));
    };
    for (const field of [x, y]) {
      field.addEventListener('change', move);
      field.addEventListener('focus', () => this.canvas.select(this.address(i)));
      field.addEventListener('keydown', (e) => {
        if (e.key !== 'Enter') return;
        e.preventDefault();
        move();
      });
    }
    remove.addEventListener('click', () => {
      this.shape.remove(this.address(i));
      this.canvas.select(undefined);
    });
    this.body.append(row);
    return row;
  }

  private accept(place: EastNorth | string, fields: HTMLInputElement[]): place is EastNorth {
    const wrong = typeof place === 'string';
    this.error.hidden = !wrong;
    this.error.textContent = wrong ? place : '';
    for (const f of fields) f.toggleAttribute('aria-invalid', wrong);
    if (wrong) for (const f of fields) f.setAttribute('aria-invalid', 'true');
    return !wrong;
  }

  /** Adds the typed place: to the path that is drawn, else behind the chosen vertex or the last. */
  private add(): void {
    const place = readPlace(this.x.value, this.y.value);
    if (!this.accept(place, [this.x, this.y])) return;
    const at = fromPlane(place);
    const all = this.shape.addresses();
    const last = all[all.length - 1];
    if (this.shape.drawing) this.shape.append(at);
    else if (this.shape.base === 'Point' && !this.shape.multi && last) this.shape.move(last, at);
    else {
      const after = this.canvas.selected ?? last;
      if (after && this.shape.base !== 'Point') this.shape.insert({ ...after, index: after.index + 1 }, at);
    }
    this.x.value = this.y.value = '';
    this.x.focus();
    this.canvas.map.easeTo({ center: at as [number, number], zoom: Math.max(this.canvas.map.getZoom(), 16) });
  }
}
