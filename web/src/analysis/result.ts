// The outcome: figures, a table, and what lies on the map.
import { measured, withUnit } from '../lib/format';
import { byId, el, t } from '../lib/page';
import type { Attribute } from '../map/catalog';
import { readValue } from '../map/read';

interface Column {
  name: string;
  title: string;
  /** Type of the attribute that it shows; null where the analysis made the values. */
  type: Attribute['type'] | null;
  unit: string | null;
  codes: Record<string, string> | null;
}

export interface Outcome extends GeoJSON.FeatureCollection {
  numberMatched: number;
  numberReturned: number;
  columns: Column[];
  figures: { name: string; title: string; value: number; unit: string | null }[];
  areas: GeoJSON.FeatureCollection;
}

/** Rows drawn as a table; the map and the download have them all. */
const shown = 200;

function cell(column: Column, value: unknown): HTMLTableCellElement {
  const { name, title, type, unit } = column;
  if (type === null && typeof value === 'number') {
    const text = measured(value, unit);
    const whole = withUnit(value, unit);
    // The number as it is in the files, where the table tells it in another unit.
    return el('td', { class: 'num', title: text === whole ? undefined : whole }, text);
  }
  const codes = column.codes ? Object.fromEntries(Object.entries(column.codes).map(([code, of]) => [code, { title: of }])) : undefined;
  const attribute: Attribute = { name, title, type: type ?? 'text', ...(unit ? { unit } : {}), ...(codes ? { codes } : {}) };
  return el('td', { class: typeof value === 'number' ? 'num' : undefined }, readValue(attribute, value));
}

/** Shows an outcome below the form. `pick` is called with the row that is chosen. */
export function show(outcome: Outcome, pick: (feature: GeoJSON.Feature) => void): void {
  // Columns in which no row has anything only make the table wide; so do lengths of what has none.
  const ofShapes = ['length_m', 'area_m2', 'share_percent'];
  // Numbers of items say nothing to a reader; the files have them.
  const internal = (c: Column) => c.type === null && /(^|_)fid$/.test(c.name);
  const says = (c: Column, value: unknown) => value !== null && value !== undefined && !(value === 0 && ofShapes.includes(c.name));
  const columns = outcome.columns.filter((c) => !internal(c) && outcome.features.some((f) => says(c, f.properties?.[c.name])));
  const numeric = (c: Column) => outcome.features.some((f) => typeof f.properties?.[c.name] === 'number');
  byId('an-figures').replaceChildren(
    ...outcome.figures.map((f) => el('div', {}, el('dt', {}, f.title), el('dd', {}, measured(f.value, f.unit)))),
  );
  const rows = outcome.features.slice(0, shown).map((feature) => {
    const button = el('button', { type: 'button', class: 'link-button' }, t('an-on-map'));
    button.addEventListener('click', () => pick(feature));
    return el('tr', {}, el('td', {}, button), ...columns.map((c) => cell(c, feature.properties?.[c.name])));
  });
  const head = el('tr', {}, el('th', { scope: 'col' }, el('span', { class: 'visually-hidden' }, t('an-on-map'))),
    ...columns.map((c) => el('th', { scope: 'col', class: numeric(c) ? 'num' : undefined }, c.title)));
  byId('an-table').replaceChildren(
    rows.length ? el('table', { class: 'table' }, el('thead', {}, head), el('tbody', {}, ...rows)) : el('p', { class: 'muted' }, t('an-empty')),
  );
  byId('an-note').textContent = rows.length < outcome.numberMatched ? t('an-shown', { count: withUnit(rows.length), total: withUnit(outcome.numberMatched) }) : '';
  byId('an-result').hidden = false;
}
