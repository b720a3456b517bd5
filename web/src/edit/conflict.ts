// Somebody else changed the item in between: his change beside one's own, attribute by attribute, and both shapes on
// the map. Nothing is written before the reader has chosen.
import { dateText, withUnit } from '../lib/format';
import { el, t } from '../lib/page';
import type { Stale } from './server';
import type { EditLayer, Field, Item, Properties } from './types';

/** The two sides of a conflict. */
export interface Sides {
  layer: EditLayer;
  /** The item as the reader opened it. */
  base: Item;
  /** The item as it is now; none where it was removed. */
  theirs: Item | undefined;
  /** What the reader changed. */
  mine: { properties: Properties; geometry?: GeoJSON.Geometry | undefined };
  /** Who made the present state. */
  who: Pick<Stale, 'changed_at' | 'changed_by' | 'reason'> | undefined;
}

/** What the reader decided. */
export interface Choice {
  /** Attributes for which the other's value stands. */
  taken: string[];
  /** Whether the other's shape stands. */
  geometry: 'mine' | 'theirs';
}

function text(field: Field | undefined, value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'number') return withUnit(value, field?.unit);
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  return field?.codes?.find((c) => c.code === value)?.title ?? String(value);
}

function radio(name: string, value: string, label: string, sub: string, checked: boolean): HTMLElement {
  const id = `c-${name}-${value}`;
  const input = el('input', { type: 'radio', id, name: `conflict.${name}`, value });
  input.checked = checked;
  return el('div', { class: 'check' }, input, el('label', { for: id }, el('small', { class: 'muted' }, `${sub}: `), label));
}

/** The panel of a conflict. `onKeep` gets the choice; `onDrop` gives up the reader's own change. */
export function conflictPanel(sides: Sides, onKeep: (choice: Choice) => void, onDrop: () => void): HTMLElement {
  const { theirs } = sides;
  const named = sides.who?.changed_at
    ? t('edit-conflict-who', { who: sides.who.changed_by ?? t('edit-somebody'), time: dateText(sides.who.changed_at) })
    : t('edit-conflict-somebody');
  const reason = sides.who?.reason ? el('p', { class: 'small' }, t('edit-conflict-reason', { reason: sides.who.reason })) : false;
  const drop = el('button', { type: 'button', class: 'button button--plain' }, t(theirs ? 'edit-conflict-drop' : 'edit-conflict-drop-removed'));
  drop.addEventListener('click', onDrop);
  const keep = el('button', { type: 'submit', class: 'button' }, t(theirs ? 'edit-conflict-keep' : 'edit-conflict-add-again'));
  const form = el('form', { class: 'edit-conflict', role: 'alertdialog', 'aria-labelledby': 'conflict-title', tabindex: '-1', novalidate: true });
  const both = theirs ? differences(sides, theirs) : [];
  form.append(
    el('div', { class: 'notice notice--warn' }, el('h2', { id: 'conflict-title' }, t(theirs ? 'edit-conflict-title' : 'edit-conflict-removed')), el('p', {}, named), reason),
    theirs ? el('p', {}, t('edit-conflict-choose')) : el('p', {}, t('edit-conflict-removed-hint')),
    ...both.map((d) => d.node),
    el('p', { class: 'error-text', role: 'alert', hidden: true }, t('edit-conflict-open')),
    el('div', { class: 'actions' }, keep, drop),
  );
  form.addEventListener('submit', (e) => {
    e.preventDefault();
    const data = new FormData(form);
    const open = both.some((d) => !data.get(`conflict.${d.name}`));
    form.querySelector<HTMLElement>('.error-text')!.hidden = !open;
    if (open) return;
    const taken = both.filter((d) => data.get(`conflict.${d.name}`) === 'theirs').map((d) => d.name);
    onKeep({ taken: taken.filter((n) => n !== 'geometry'), geometry: taken.includes('geometry') ? 'theirs' : 'mine' });
  });
  return form;
}

/** One choice for each attribute that the other changed, and for the shape. */
function differences({ layer, base, mine }: Sides, theirs: Item): { name: string; node: HTMLElement }[] {
  const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
  const made: { name: string; node: HTMLElement }[] = [];
  const choice = (name: string, title: string, his: string, own: string, was: string, mineToo: boolean) => {
    const legend = el('legend', {}, title, mineToo && el('span', { class: 'badge badge--fail' }, t('edit-conflict-both')));
    const node = el(
      'fieldset',
      { class: 'edit-choice' },
      legend,
      radio(name, 'theirs', his, t('edit-conflict-theirs'), !mineToo),
      radio(name, 'mine', own, t(mineToo ? 'edit-conflict-mine' : 'edit-conflict-before'), false),
      mineToo && el('p', { class: 'small muted' }, t('edit-conflict-was', { value: was })),
    );
    made.push({ name, node });
  };
  for (const field of layer.attributes.filter((f) => f.writable)) {
    const [was, his] = [base.properties[field.name], theirs.properties[field.name]];
    const touched = field.name in mine.properties;
    const own = touched ? mine.properties[field.name] : was;
    if (same(was, his) || same(his, own)) continue;
    choice(field.name, field.title, text(field, his), text(field, own), text(field, was), touched);
  }
  if (!same(base.geometry, theirs.geometry) && !same(mine.geometry, theirs.geometry)) {
    choice('geometry', t('edit-geometry'), t('edit-conflict-shape-theirs'), t('edit-conflict-shape-mine'), t('edit-conflict-shape-was'), mine.geometry !== undefined);
  }
  return made;
}
