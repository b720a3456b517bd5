// The outcome: figures, a table, and what lies on the map.
import { withUnit } from '../lib/format';
import { byId, el, t } from '../lib/page';

interface Column {
  name: string;
  title: string;
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

function cell(column: Column, value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return withUnit(value, column.unit, Math.abs(value) >= 1000 ? 0 : 2);
  if (typeof value === 'boolean') return value ? t('yes') : t('no');
  return column.codes?.[String(value)] ?? String(value);
}

/** Shows an outcome below the form. `pick` is called with the row that is chosen. */
export function show(outcome: Outcome, pick: (feature: GeoJSON.Feature) => void): void {
  // Columns in which no row has anything only make the table wide; so do lengths of what has none.
  const measured = ['length_m', 'area_m2', 'share_percent'];
  const says = (c: Column, value: unknown) => value !== null && value !== undefined && !(value === 0 && measured.includes(c.name));
  const columns = outcome.columns.filter((c) => outcome.features.some((f) => says(c, f.properties?.[c.name])));
  byId('an-figures').replaceChildren(
    ...outcome.figures.map((f) => el('div', {}, el('dt', {}, f.title), el('dd', {}, withUnit(f.value, f.unit, Math.abs(f.value) >= 1000 ? 0 : 2)))),
  );
  const rows = outcome.features.slice(0, shown).map((feature) => {
    const button = el('button', { type: 'button', class: 'link-button' }, t('an-on-map'));
    button.addEventListener('click', () => pick(feature));
    return el('tr', {}, el('td', {}, button), ...columns.map((c) => {
      const value = feature.properties?.[c.name] as unknown;
      return el('td', { class: typeof value === 'number' ? 'num' : undefined }, cell(c, value));
    }));
  });
  const head = el('tr', {}, el('th', { scope: 'col' }, el('span', { class: 'visually-hidden' }, t('an-on-map'))),
    ...columns.map((c) => el('th', { scope: 'col' }, c.title)));
  byId('an-table').replaceChildren(
    rows.length ? el('table', { class: 'table' }, el('thead', {}, head), el('tbody', {}, ...rows)) : el('p', { class: 'muted' }, t('an-empty')),
  );
  byId('an-note').textContent = rows.length < outcome.numberMatched ? t('an-shown', { count: rows.length, total: outcome.numberMatched }) : '';
  byId('an-result').hidden = false;
}
