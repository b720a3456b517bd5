// One item under the reader's hands: its shape and its attributes, new or from the database.
import { call, Problem } from '../lib/api';
import { showMistakes } from '../lib/forms';
import { el, t } from '../lib/page';
import { joinedKey, keepInStep } from './codes';
import { conflictPanel, type Choice, type Sides } from './conflict';
import { AttributeForm } from './form';
import { showRefusal, type Frame } from './frame';
import { forget, keep, kept } from './kept';
import { lineageNode } from './lineage';
import { addItem, changeItem, isConflict, readItem, removeItem } from './server';
import { partsOf, Shape } from './shape';
import { VertexTable } from './table';
import { nameOf, type EditLayer, type Item, type Properties } from './types';

/** How the page goes on after an edit. */
export interface Next {
  /** Back to nothing chosen. */
  close(): void;
  /** Opens an item (again). */
  open(layer: EditLayer, fid: number, said?: string): void;
  /** Splits the item that is open. */
  split(layer: EditLayer, item: Item): void;
}

/** The edit of one item. */
export class Change {
  readonly shape: Shape;
  private readonly form: HTMLFormElement;
  private readonly fields: AttributeForm;
  private readonly table: VertexTable;
  private readonly reason: HTMLInputElement;
  private readonly buttons: HTMLButtonElement[] = [];
  private item: Item | undefined;
  private keeping = 0;
  private over = false;

  constructor(
    private readonly frame: Frame,
    readonly layer: EditLayer,
    item: Item | undefined,
    private readonly next: Next,
  ) {
    this.item = item;
    const before = kept(layer.id, item?.id);
    this.shape = new Shape(layer.geometry, item && partsOf(item.geometry));
    this.fields = new AttributeForm(layer.attributes, item?.properties ?? {}, 'properties');
    this.reason = el('input', { type: 'text', id: 'edit-reason', name: 'reason', maxlength: '500', autocomplete: 'off' });
    this.table = new VertexTable(this.shape, frame.canvas);
    this.form = this.page();
    const joined = item ? joinedKey(layer, item.properties) : undefined;
    if (joined) keepInStep(this.fields, joined);
    frame.snapper.except = item ? { layer: layer.id, fids: [item.id] } : undefined;
    frame.canvas.take(this.shape);
    this.shape.onChange = () => this.changed();
    this.form.addEventListener('input', () => this.changed());
    frame.show(this.form);
    if (before) this.restore(before.parts, before.properties, before.reason);
    this.changed();
  }

  /** Whether something would be lost. */
  get dirty(): boolean {
    if (this.over) return false;
    const drawn = this.shape.touched && this.shape.parts.some((p) => p.some((path) => path.length > 0));
    return drawn || Object.keys(this.fields.changed()).length > 0;
  }

  private button(text: string, look: string, act: () => void): HTMLButtonElement {
    const made = el('button', { type: 'button', class: `button ${look}` }, text);
    made.addEventListener('click', act);
    this.buttons.push(made);
    return made;
  }

  private page(): HTMLFormElement {
    const { layer, item } = this;
    const save = el('button', { type: 'submit', class: 'button', id: 'edit-save' }, t('edit-save'));
    this.buttons.push(save);
    const area = layer.geometry.includes('Polygon');
    const form = el(
      'form',
      { id: 'edit-form', novalidate: true, 'aria-labelledby': 'edit-title' },
      el('h2', { id: 'edit-title' }, item ? nameOf(layer, item.id, item.properties) : t('edit-new-of', { field: layer.title })),
      item ? el('p', { class: 'small muted' }, t('edit-hint-change')) : el('p', { class: 'small muted' }, t(`edit-hint-${this.shape.base}`)),
      this.fields.node,
      this.table.node,
      el('div', { class: 'field' }, el('label', { for: 'edit-reason' }, t('edit-reason')), el('span', { class: 'hint' }, t('edit-reason-hint')), this.reason),
      el(
        'div',
        { class: 'actions' },
        save,
        this.button(t('cancel'), 'button--plain', () => this.cancel()),
        item && area && this.button(t('edit-split'), 'button--plain', () => this.split()),
        item && this.button(t('edit-delete'), 'button--danger', () => void this.remove()),
      ),
      item && lineageNode(layer, item.id, (fid) => this.next.open(layer, fid)),
    );
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      void this.save();
    });
    return form;
  }

  /** Takes up again what was left in this browser. */
  private restore(parts: Shape['parts'] | undefined, properties: Properties, reason: string): void {
    if (parts?.length) this.shape.replace(parts);
    for (const [name, value] of Object.entries(properties)) this.fields.set(name, value);
    this.reason.value = reason;
    const drop = el('button', { type: 'button', class: 'link-button' }, t('edit-draft-drop'));
    const notice = el('p', { class: 'notice notice--warn' }, `${t('draft-restored')} `, drop);
    drop.addEventListener('click', () => {
      forget(this.layer.id, this.item?.id);
      this.over = true;
      if (this.item) this.next.open(this.layer, this.item.id);
      else this.next.close();
    });
    this.form.querySelector('h2')!.after(notice);
  }

  private changed(): void {
    this.frame.canvas.draw();
    this.frame.canvas.onMove();
    this.table.refresh();
    clearTimeout(this.keeping);
    this.keeping = window.setTimeout(() => {
      if (!this.dirty) return;
      const parts = this.shape.touched && !this.shape.drawing ? this.shape.parts : undefined;
      keep(this.layer.id, this.item?.id, { parts, properties: this.fields.changed(), reason: this.reason.value });
    }, 600);
  }

  /** The chosen vertex changed. */
  chosen(): void {
    this.table.refresh();
  }

  private end(): void {
    this.over = true;
    clearTimeout(this.keeping);
    forget(this.layer.id, this.item?.id);
    this.frame.canvas.set('theirs', []);
  }

  /** Gives up the edit. */
  leave(): boolean {
    if (this.dirty && !window.confirm(t('edit-discard'))) return false;
    this.end();
    return true;
  }

  private cancel(): void {
    if (this.leave()) this.next.close();
  }

  private split(): void {
    if (this.item && this.leave()) this.next.split(this.layer, this.item);
  }

  private busy(on: boolean): void {
    // What was said of the last write is not about this one.
    if (on) this.frame.say('');
    this.buttons.forEach((b) => (b.disabled = on));
    this.form.setAttribute('aria-busy', String(on));
  }

  private async save(): Promise<void> {
    const found = this.fields.mistakes();
    const geometry = this.shape.geometry();
    if (!geometry) found.unshift({ text: t('edit-shape-open') });
    if (found.length) return showMistakes(this.form, found);
    const properties = this.fields.changed();
    const moved = this.moved(geometry!);
    if (this.item && !moved && Object.keys(properties).length === 0) {
      this.frame.say(t('edit-nothing'));
      return;
    }
    this.busy(true);
    try {
      const written = this.item
        ? await changeItem(this.layer.id, this.item, { ...(moved ? { geometry: geometry! } : {}), properties }, this.reason.value)
        : await addItem(this.layer.id, geometry!, this.fields.values(), this.reason.value);
      this.end();
      this.frame.refresh(this.layer, written.revision);
      this.next.open(this.layer, written.fid, t('edit-saved'));
    } catch (e) {
      this.busy(false);
      if (this.item && isConflict(e)) await this.conflict(e);
      else if (this.item && e instanceof Problem && e.status === 404) await this.conflict(e);
      else showRefusal(this.form, e, (name) => this.fields.controlOf(name));
    }
  }

  private moved(geometry: GeoJSON.Geometry): boolean {
    return !this.item || JSON.stringify(geometry) !== JSON.stringify(this.item.geometry);
  }

  private async remove(): Promise<void> {
    if (!this.item || !window.confirm(t('edit-delete-sure', { field: nameOf(this.layer, this.item.id, this.item.properties) }))) return;
    this.busy(true);
    try {
      const written = await removeItem(this.layer.id, this.item, this.reason.value);
      this.end();
      this.frame.refresh(this.layer, written.revision);
      this.next.close();
      this.frame.say(t('edit-deleted'));
    } catch (e) {
      this.busy(false);
      if (isConflict(e)) await this.conflict(e);
      else showRefusal(this.form, e);
    }
  }

  /** Shows the other's change beside this one, and goes on as the reader chooses. */
  private async conflict(refused: Problem): Promise<void> {
    const base = this.item!;
    const theirs = await readItem(this.layer.id, base.id).catch((e: unknown) => {
      if (e instanceof Problem && e.status === 404) return undefined;
      throw e;
    });
    const geometry = this.shape.geometry();
    const sides: Sides = {
      layer: this.layer,
      base,
      theirs,
      mine: { properties: this.fields.changed(), geometry: geometry && this.moved(geometry) ? geometry : undefined },
      who: await whoChanged(this.layer.id, base.id, refused),
    };
    this.frame.canvas.set('theirs', theirs ? [{ type: 'Feature', geometry: theirs.geometry, properties: {} }] : []);
    const panel = conflictPanel(sides, (choice) => void this.resolve(theirs, choice), () => this.drop(theirs));
    this.frame.show(panel);
    panel.focus();
  }

  /** The present state becomes the base; what is not taken from it is written over it. */
  private async resolve(theirs: Item | undefined, choice: Choice): Promise<void> {
    this.frame.canvas.set('theirs', []);
    const base = this.item!;
    const mine = this.fields.changed();
    this.frame.show(this.form);
    if (!theirs) {
      forget(this.layer.id, base.id);
      this.item = undefined;
      return this.save();
    }
    this.item = theirs;
    const own = Object.fromEntries(Object.entries(mine).filter(([name]) => !choice.taken.includes(name)));
    for (const f of this.layer.attributes) {
      const was = base.properties[f.name] ?? null;
      const his = theirs.properties[f.name] ?? null;
      // What the reader chose to keep as it was before the other's change is a change of his own.
      if (f.writable && !(f.name in mine) && was !== his && !choice.taken.includes(f.name)) own[f.name] = was;
    }
    const geometry = choice.geometry === 'mine' ? this.shape.geometry() : theirs.geometry;
    const properties = Object.fromEntries(Object.entries(own).filter(([name, value]) => value !== (theirs.properties[name] ?? null)));
    const moved = geometry && JSON.stringify(geometry) !== JSON.stringify(theirs.geometry);
    // Only the other's shape changed and the reader never touched his: that one stands without being asked.
    const change = { properties, ...(moved ? { geometry } : {}) };
    this.busy(true);
    try {
      const nothing = !moved && Object.keys(properties).length === 0;
      const written = nothing ? undefined : await changeItem(this.layer.id, theirs, change, this.reason.value);
      this.end();
      this.frame.refresh(this.layer, written?.revision ?? null);
      this.next.open(this.layer, theirs.id, t('edit-saved'));
    } catch (e) {
      this.busy(false);
      this.item = base;
      if (isConflict(e)) await this.conflict(e);
      else showRefusal(this.form, e, (name) => this.fields.controlOf(name));
    }
  }

  private drop(theirs: Item | undefined): void {
    this.end();
    if (theirs) this.next.open(this.layer, theirs.id);
    else this.next.close();
  }
}

/** A step of an item's history. */
interface Entry {
  revision: number;
  committed_at?: string | null;
  actor?: { display_name?: string | null } | null;
  reason?: string | null;
}

/** Who made the present state: as the refusal says, else as the item's history does. */
async function whoChanged(layer: string, fid: number, refused: Problem): Promise<Sides['who']> {
  const listed = (refused.body['conflicts'] as Sides['who'][] | undefined)?.[0];
  if (listed) return listed;
  const history = await call<{ versions?: Entry[] }>('GET', `/api/v1/layers/${layer}/items/${fid}/history`).catch(() => undefined);
  const last = history?.versions?.reduce((a, b) => (b.revision > a.revision ? b : a), history.versions[0]!);
  if (!last?.committed_at) return undefined;
  return { changed_at: last.committed_at, changed_by: last.actor?.display_name ?? null, reason: last.reason ?? null };
}
