// Splitting an area by lines drawn across it, and merging areas that share a border.
import { dateText, withUnit } from '../lib/format';
import { showMistakes } from '../lib/forms';
import { Problem } from '../lib/api';
import { el, t } from '../lib/page';
import { joinedKey, keepInStep, nextNumber, write } from './codes';
import type { Next } from './change';
import { AttributeForm } from './form';
import { showRefusal, type Frame } from './frame';
import { isConflict, merge, readItem, split, type Stale, type Succession } from './server';
import { Shape } from './shape';
import { VertexTable } from './table';
import { nameOf, versionOf, type EditLayer, type Item, type Properties } from './types';

function reasonField(): { node: HTMLElement; input: HTMLInputElement } {
  const input = el('input', { type: 'text', id: 'edit-reason', maxlength: '500', autocomplete: 'off' });
  return { input, node: el('div', { class: 'field' }, el('label', { for: 'edit-reason' }, t('edit-reason')), el('span', { class: 'hint' }, t('edit-reason-hint')), input) };
}

function piecesOn(frame: Frame, done: Succession | undefined, one = false): void {
  const features = (done?.successors ?? []).map((s, n) => ({ type: 'Feature' as const, geometry: s.geometry, properties: { n, label: one ? '' : String(n + 1) } }));
  frame.canvas.set('pieces', features);
}

/** What a conflict of a split or merge says: who changed which item, and when. */
function conflictNotice(e: Problem, again: () => void): HTMLElement {
  const list = (e.body['conflicts'] as Stale[] | undefined) ?? [];
  const button = el('button', { type: 'button', class: 'button button--small' }, t('edit-reload'));
  button.addEventListener('click', again);
  const line = (s: Stale) =>
    t(s.version === null ? 'edit-stale-removed' : 'edit-stale-changed', {
      q: s.fid,
      who: s.changed_by ?? t('edit-somebody'),
      time: s.changed_at ? dateText(s.changed_at) : '–',
    });
  return el('div', { class: 'notice notice--warn', role: 'alert' }, el('h3', {}, e.message), el('ul', {}, ...list.map((s) => el('li', {}, line(s)))), button);
}

/** The fields of a piece that are asked for at once: the key and what it is made of. */
function firstFields(layer: EditLayer, properties: Properties): string[] {
  const joined = joinedKey(layer, properties);
  const required = layer.attributes.filter((a) => a.required && a.writable).map((a) => a.name);
  return [...new Set([...layer.key, ...(joined ? [joined.parts[joined.parts.length - 1]!] : []), ...required])];
}

/** A split under way. */
export class Splitting {
  readonly shape = new Shape('MultiLineString');
  private readonly body = el('div');
  private readonly form: HTMLFormElement;
  private readonly reason = reasonField();
  private readonly apply: HTMLButtonElement;
  private readonly table: VertexTable;
  private forms: AttributeForm[] = [];
  private turn = 0;

  constructor(
    private readonly frame: Frame,
    readonly layer: EditLayer,
    private readonly item: Item,
    private readonly next: Next,
  ) {
    this.apply = el('button', { type: 'submit', class: 'button', id: 'split-apply', disabled: true }, t('edit-split-apply'));
    this.table = new VertexTable(this.shape, frame.canvas);
    const cancel = el('button', { type: 'button', class: 'button button--plain' }, t('cancel'));
    cancel.addEventListener('click', () => this.leave() && this.next.open(layer, item.id));
    const more = el('button', { type: 'button', class: 'button button--plain' }, t('edit-split-more'));
    more.addEventListener('click', () => !this.shape.drawing && this.shape.startPart());
    this.form = el(
      'form',
      { id: 'split-form', novalidate: true, 'aria-labelledby': 'split-title' },
      el('h2', { id: 'split-title' }, t('edit-split-of', { q: nameOf(layer, item.id, item.properties) })),
      el('p', {}, t('edit-split-hint')),
      this.table.node,
      this.body,
      this.reason.node,
      el('div', { class: 'actions' }, this.apply, more, cancel),
    );
    this.form.addEventListener('submit', (e) => {
      e.preventDefault();
      void this.write();
    });
    // The cut begins and ends on the item's own border.
    frame.snapper.except = undefined;
    frame.canvas.set('picked', [{ type: 'Feature', geometry: item.geometry, properties: {} }]);
    frame.canvas.take(this.shape, 'cut');
    this.shape.onChange = () => this.changed();
    frame.show(this.form);
  }

  get dirty(): boolean {
    return this.shape.parts.some((p) => p.some((path) => path.length > 0));
  }

  leave(): boolean {
    if (this.dirty && !window.confirm(t('edit-discard'))) return false;
    this.clear();
    return true;
  }

  private clear(): void {
    this.turn++;
    piecesOn(this.frame, undefined);
    this.frame.canvas.set('picked', []);
  }

  private changed(): void {
    this.frame.canvas.draw();
    this.frame.canvas.onMove();
    this.table.refresh();
    this.apply.disabled = true;
    const lines = this.shape.geometry();
    if (lines) void this.preview(lines);
    else {
      this.turn++;
      piecesOn(this.frame, undefined);
      this.body.replaceChildren();
    }
  }

  private request(line: GeoJSON.Geometry): Record<string, unknown> {
    return { version: versionOf(this.item.etag), line, reason: this.reason.input.value };
  }

  /** Asks what the lines would make, and for the attributes of each piece. */
  private async preview(lines: GeoJSON.Geometry): Promise<void> {
    const turn = ++this.turn;
    try {
      const done = await split(this.layer.id, this.item.id, { ...this.request(lines), dry_run: true });
      const joined = joinedKey(this.layer, this.item.properties);
      const number = joined && (await nextNumber(this.layer, joined, this.item.properties));
      if (turn !== this.turn) return;
      piecesOn(this.frame, done);
      const first = firstFields(this.layer, this.item.properties);
      const kept = this.forms.map((f) => f.changed());
      this.forms = done.successors.map((s, n) => {
        const form = new AttributeForm(this.layer.attributes, s.properties ?? {}, `pieces.${n}`, first);
        if (joined) {
          keepInStep(form, joined);
          if (number !== undefined) {
            form.set(joined.parts[joined.parts.length - 1]!, number + n);
            write(form, joined);
          }
        }
        for (const [name, value] of Object.entries(kept.length === done.successors.length ? kept[n]! : {})) form.set(name, value);
        return form;
      });
      this.body.replaceChildren(
        ...done.successors.map((s, n) => el('fieldset', { class: 'edit-piece' }, el('legend', {}, `${t('edit-piece', { count: n + 1 })}: ${withUnit(s.area_m2, 'm2')}`), this.forms[n]!.node)),
      );
      this.apply.disabled = false;
      this.frame.say(t('edit-split-pieces', { count: done.successors.length }));
    } catch (e) {
      if (turn !== this.turn) return;
      piecesOn(this.frame, undefined);
      this.refused(e);
    }
  }

  private refused(e: unknown): void {
    if (isConflict(e)) {
      this.body.replaceChildren(
        conflictNotice(e, () => {
          this.clear();
          this.next.open(this.layer, this.item.id);
        }),
      );
      return;
    }
    showRefusal(this.form, e, (name) => this.forms.map((f) => f.controlOf(name)).find(Boolean));
  }

  private async write(): Promise<void> {
    const lines = this.shape.geometry();
    const found = this.forms.flatMap((f) => f.mistakes());
    if (!lines || this.forms.length === 0) return;
    if (found.length) return showMistakes(this.form, found);
    this.frame.say('');
    this.apply.disabled = true;
    try {
      const done = await split(this.layer.id, this.item.id, { ...this.request(lines), pieces: this.forms.map((f) => f.changed()) });
      this.clear();
      this.frame.refresh(this.layer, done.revision);
      this.next.open(this.layer, Number(done.successors[0]!.id), t('edit-split-done', { count: done.successors.length }));
    } catch (e) {
      this.apply.disabled = false;
      this.refused(e);
    }
  }
}

/** A merge under way: items are picked on the map or by their names. */
export class Merging {
  private items: Item[] = [];
  private readonly list = el('ul', { class: 'edit-picked' });
  private readonly body = el('div');
  private readonly reason = reasonField();
  private readonly form: HTMLFormElement;
  private readonly apply: HTMLButtonElement;
  private fields: AttributeForm | undefined;
  private turn = 0;
  private keptFid: number | undefined;

  constructor(
    private readonly frame: Frame,
    readonly layer: EditLayer,
    private readonly next: Next,
    finder: (found: (fid: number) => void) => HTMLElement,
    first?: Item,
  ) {
    this.apply = el('button', { type: 'submit', class: 'button', id: 'merge-apply', disabled: true }, t('edit-merge-apply'));
    const cancel = el('button', { type: 'button', class: 'button button--plain' }, t('cancel'));
    cancel.addEventListener('click', () => this.leave() && this.next.close());
    this.form = el(
      'form',
      { id: 'merge-form', novalidate: true, 'aria-labelledby': 'merge-title' },
      el('h2', { id: 'merge-title' }, t('edit-merge-of', { field: layer.title })),
      el('p', {}, t('edit-merge-hint')),
      this.list,
      finder((fid) => void this.pick(fid)),
      this.body,
      this.reason.node,
      el('div', { class: 'actions' }, this.apply, cancel),
    );
    this.form.addEventListener('submit', (e) => {
      e.preventDefault();
      void this.write();
    });
    frame.canvas.take(undefined);
    frame.show(this.form);
    if (first) this.items.push(first);
    this.changed();
  }

  get dirty(): boolean {
    return this.items.length > 1;
  }

  leave(): boolean {
    if (this.dirty && !window.confirm(t('edit-discard'))) return false;
    this.clear();
    return true;
  }

  private clear(): void {
    this.turn++;
    piecesOn(this.frame, undefined);
    this.frame.canvas.set('picked', []);
  }

  /** Adds an item, or takes it off the list. */
  async pick(fid: number): Promise<void> {
    if (this.items.some((i) => i.id === fid)) this.items = this.items.filter((i) => i.id !== fid);
    else {
      const item = await readItem(this.layer.id, fid).catch((e: Error) => this.frame.say(e.message, false));
      if (!item || this.items.some((i) => i.id === fid)) return;
      this.items.push(item);
    }
    this.changed();
  }

  private changed(): void {
    this.frame.canvas.set('picked', this.items.map((i) => ({ type: 'Feature', geometry: i.geometry, properties: {} })));
    this.list.replaceChildren(
      ...this.items.map((i) => {
        const name = nameOf(this.layer, i.id, i.properties);
        const off = el('button', { type: 'button', class: 'icon-button', 'aria-label': `${t('edit-merge-off')} ${name}`, title: t('edit-merge-off') }, '×');
        off.addEventListener('click', () => void this.pick(i.id));
        return el('li', {}, el('span', {}, name), off);
      }),
    );
    this.apply.disabled = true;
    if (this.items.length > 1) void this.preview();
    else {
      this.turn++;
      this.fields = undefined;
      piecesOn(this.frame, undefined);
      this.body.replaceChildren();
    }
  }

  private request(): Record<string, unknown> {
    const keep = this.items.some((i) => i.id === this.keptFid) ? this.keptFid : this.items[0]!.id;
    return { items: this.items.map((i) => ({ fid: i.id, version: versionOf(i.etag) })), keep, reason: this.reason.input.value };
  }

  private async preview(): Promise<void> {
    const turn = ++this.turn;
    try {
      const request = this.request();
      const done = await merge(this.layer.id, { ...request, dry_run: true });
      const made = done.successors[0]!;
      const joined = joinedKey(this.layer, made.properties ?? {});
      const number = joined && (await nextNumber(this.layer, joined, made.properties ?? {}));
      if (turn !== this.turn) return;
      piecesOn(this.frame, done, true);
      const select = el('select', { id: 'merge-keep' }, ...this.items.map((i) => el('option', { value: String(i.id) }, nameOf(this.layer, i.id, i.properties))));
      select.value = String(request['keep']);
      select.addEventListener('change', () => {
        this.keptFid = Number(select.value);
        void this.preview();
      });
      const fields = new AttributeForm(this.layer.attributes, made.properties ?? {}, 'properties', firstFields(this.layer, made.properties ?? {}));
      this.fields = fields;
      if (joined) {
        keepInStep(fields, joined);
        if (number !== undefined) {
          fields.set(joined.parts[joined.parts.length - 1]!, number);
          write(fields, joined);
        }
      }
      this.body.replaceChildren(
        el('p', { class: 'notice notice--ok' }, t('edit-merge-result', { count: this.items.length, total: withUnit(made.area_m2, 'm2') })),
        el('div', { class: 'field' }, el('label', { for: 'merge-keep' }, t('edit-merge-keep')), select),
        fields.node,
      );
      this.apply.disabled = false;
    } catch (e) {
      if (turn !== this.turn) return;
      this.fields = undefined;
      piecesOn(this.frame, undefined);
      this.body.replaceChildren();
      this.refused(e);
    }
  }

  private refused(e: unknown): void {
    if (isConflict(e)) {
      this.body.replaceChildren(conflictNotice(e, () => void this.reload()));
      return;
    }
    showRefusal(this.form, e, (name) => this.fields?.controlOf(name));
  }

  /** Reads the picked items anew; those that are gone fall off the list. */
  private async reload(): Promise<void> {
    const found = await Promise.all(this.items.map((i) => readItem(this.layer.id, i.id).catch(() => undefined)));
    this.items = found.filter((i): i is Item => i !== undefined);
    this.changed();
  }

  private async write(): Promise<void> {
    if (!this.fields) return;
    const found = this.fields.mistakes();
    if (found.length) return showMistakes(this.form, found);
    this.frame.say('');
    this.apply.disabled = true;
    try {
      const done = await merge(this.layer.id, { ...this.request(), properties: this.fields.changed() });
      this.clear();
      this.frame.refresh(this.layer, done.revision);
      this.next.open(this.layer, Number(done.successors[0]!.id), t('edit-merge-done'));
    } catch (e) {
      this.apply.disabled = false;
      this.refused(e);
    }
  }
}
