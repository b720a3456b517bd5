// Attributes by a form made from the layer file: types, units, code lists, what is required and what is computed.
import { unitSymbol, withUnit } from '../lib/format';
import { parseNumber, type Mistake } from '../lib/forms';
import { el, lang, t } from '../lib/page';
import type { Field, Properties } from './types';

type Control = HTMLInputElement | HTMLSelectElement;

/** Vietnam is seven hours before UTC all year. */
const zone = '+07:00';

/** A value as the field shows it. */
function shown(field: Field, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return lang === 'vi' ? String(value).replace('.', ',') : String(value);
  if (field.type === 'timestamp') {
    const at = new Date(String(value));
    return Number.isNaN(at.getTime()) ? '' : new Date(at.getTime() + 7 * 3_600_000).toISOString().slice(0, 19);
  }
  return String(value);
}

function options(field: Field, value: unknown): HTMLOptionElement[] {
  const list =
    field.type === 'boolean'
      ? [{ code: 'true', title: t('yes') }, { code: 'false', title: t('no') }]
      : (field.codes ?? []).map((c) => ({ code: c.code, title: c.title === c.code ? c.title : `${c.title} (${c.code})` }));
  const known = value === null || value === undefined || list.some((c) => c.code === String(value));
  const all = known ? list : [{ code: String(value), title: String(value) }, ...list];
  return [el('option', { value: '' }, '–'), ...all.map((c) => el('option', { value: c.code }, c.title))];
}

function control(field: Field, id: string, name: string, value: unknown): Control {
  const attributes = { id, name, required: field.required };
  if (field.codes || field.type === 'boolean') {
    const select = el('select', attributes, ...options(field, value));
    select.value = value === null || value === undefined ? '' : String(value);
    return select;
  }
  const numeric = field.type === 'integer' || field.type === 'real';
  const type = { date: 'date', timestamp: 'datetime-local' }[field.type as string] ?? 'text';
  const input = el('input', {
    ...attributes,
    type,
    autocomplete: 'off',
    inputmode: numeric ? (field.type === 'integer' ? 'numeric' : 'decimal') : undefined,
    step: type === 'datetime-local' ? '1' : undefined,
  });
  input.value = shown(field, value);
  return input;
}

/** The attributes of one item as fields. */
export class AttributeForm {
  readonly node: HTMLElement;
  private readonly controls = new Map<string, { field: Field; control: Control; first: string }>();
  private base: Properties;
  /** Called when a field was changed by hand. */
  onInput: (name: string) => void = () => {};

  /** `prefix` is where the values stand in the request; `first`: names of the fields that are shown at once. */
  constructor(
    private readonly fields: Field[],
    properties: Properties,
    private readonly prefix: string,
    first?: string[],
  ) {
    this.base = properties;
    const writable = fields.filter((f) => f.writable);
    const made = new Map(writable.map((f) => [f.name, this.box(f, properties[f.name])]));
    const pick = (names: Field[]) => names.map((f) => made.get(f.name)!);
    const read = fields.filter((f) => !f.writable && (f.computed || properties[f.name] !== null) && properties[f.name] !== undefined);
    const rest = first ? writable.filter((f) => !first.includes(f.name)) : [];
    const front = first ? writable.filter((f) => first.includes(f.name)) : writable;
    this.node = el(
      'div',
      { class: 'edit-fields' },
      ...pick(front),
      rest.length > 0 && el('details', {}, el('summary', {}, t('edit-other-attributes', { count: rest.length })), ...pick(rest)),
      read.length > 0 && this.readOnly(read, properties),
    );
  }

  private box(field: Field, value: unknown): HTMLElement {
    const name = `${this.prefix}.${field.name}`;
    const id = `f-${name.replace(/\./g, '-')}`;
    const made = control(field, id, name, value);
    this.controls.set(field.name, { field, control: made, first: made.value });
    made.addEventListener('input', () => this.onInput(field.name));
    const label = el('label', { for: id }, field.title, field.required && el('span', { class: 'required', title: t('edit-required') }, ' *'));
    const unit = field.unit ? el('div', { class: 'with-unit' }, made, el('span', {}, unitSymbol(field.unit))) : made;
    return el('div', { class: 'field' }, label, unit);
  }

  private readOnly(fields: Field[], properties: Properties): HTMLElement {
    const value = (f: Field) => {
      const v = properties[f.name];
      if (v === null || v === undefined) return t('edit-computed-later');
      if (typeof v === 'number') return withUnit(v, f.unit);
      if (typeof v === 'boolean') return t(v ? 'yes' : 'no');
      return f.codes?.find((c) => c.code === v)?.title ?? String(v);
    };
    const rows = fields.flatMap((f) => [el('dt', {}, f.title), el('dd', { 'data-read': f.name }, value(f), f.computed && el('small', { class: 'muted' }, ` ${t('edit-computed')}`))]);
    return el('dl', { class: 'facts' }, ...rows);
  }

  /** The value of a field; undefined where it cannot be read as its type. */
  value(name: string): unknown {
    const entry = this.controls.get(name);
    if (!entry) return this.base[name] ?? null;
    const { field, control: { value }, first } = entry;
    // What was not touched goes back as it came, to the last digit.
    if (value === first) return this.base[name] ?? null;
    const text = value.trim();
    if (text === '') return null;
    switch (field.type) {
      case 'integer':
      case 'real': {
        const number = parseNumber(text);
        return Number.isNaN(number) || (field.type === 'integer' && !Number.isInteger(number)) ? undefined : number;
      }
      case 'boolean':
        return text === 'true';
      case 'timestamp':
        return `${text.length === 16 ? `${text}:00` : text}${zone}`;
      default:
        return text;
    }
  }

  /** All writable values. */
  values(): Properties {
    return Object.fromEntries([...this.controls.keys()].map((name) => [name, this.value(name) ?? null]));
  }

  /** The values that differ from what the form was made with. */
  changed(): Properties {
    return Object.fromEntries(Object.entries(this.values()).filter(([name, value]) => value !== (this.base[name] ?? null)));
  }

  /** Puts a value into its field, as if typed. */
  set(name: string, value: unknown): void {
    const entry = this.controls.get(name);
    if (entry) entry.control.value = shown(entry.field, value);
  }

  /** What is wrong before the server is asked. */
  mistakes(): Mistake[] {
    const found: Mistake[] = [];
    for (const { field, control: at } of this.controls.values()) {
      const value = this.value(field.name);
      const say = (text: string) => found.push({ field: at, text });
      if (value === undefined) say(t(field.type === 'integer' ? 'edit-integer' : 'field-number', { field: field.title }));
      else if (value === null && field.required) say(t('field-required', { field: field.title }));
      else if (typeof value === 'number' && typeof field.min === 'number' && value < field.min) say(t('field-min', { field: field.title, min: field.min }));
      else if (typeof value === 'number' && typeof field.max === 'number' && value > field.max) say(t('edit-field-max', { field: field.title, limit: field.max }));
    }
    return found;
  }

  /** The control of a field, for messages. */
  controlOf(name: string): Control | undefined {
    return this.controls.get(name)?.control;
  }

  get names(): string[] {
    return this.fields.map((f) => f.name);
  }
}

/** The attributes named by the key of a unique-key refusal (`Key (code)=(…) already exists.`). */
export function keyNames(detail: unknown): string[] {
  const found = typeof detail === 'string' ? /^Key \(([^)]*)\)=/.exec(detail) : null;
  return found?.[1]?.split(',').map((n) => n.trim()) ?? [];
}
