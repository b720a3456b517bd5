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
  if (typeof value === 'number') return withUnit(value, column.unit);
  if (typeof value === 'boolean') return value ? t('yes') : t('no');
  return column.codes?.[String(value)] ?? String(value);
}

/** Shows an outcome below the form. `pick` is called with the row that is chosen. */
export function show(outcome: Outcome, pick: (feature: GeoJSON.Feature) => void): void {
  // Columns in which no row has anything only make the table wide.
  const columns = outcome.columns.filter((c) => outcome.features.some((f) => f.properties?.[c.name] !== null && f.properties?.[c.name] !== undefined));
  byId('an-figures').replaceChildren(
    ...outcome.figures.map((f) => el('div', {}, el('dt', {}, f.title), el('dd', {}, withUnit(f.value, f.unit)))),
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
