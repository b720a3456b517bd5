// The analysis page: a question in a form, its answer on the map, as a table and as a download.
import { GeoJSONSource, LngLatBounds, NavigationControl, ScaleControl, type Map as LibreMap } from 'maplibre-gl';
import './portal';
import { Picker, type Features, type Ground } from './analysis/picker';
import { show, type Outcome } from './analysis/result';
import { Problem, call } from './lib/api';
import { withUnit } from './lib/format';
import { parseNumber } from './lib/forms';
import { byId, el, lang, t } from './lib/page';
import { makeMap } from './map/base';
import type { Catalog, Layer } from './map/catalog';
import { byIdMap } from './map/identify';
import { mapStyle } from './map/style';

const none: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
const anyLayer = () => true;
const areas = (l: Layer) => l.geometry.endsWith('Polygon');
const lines = (l: Layer) => l.geometry.endsWith('LineString');

type Body = Record<string, unknown>;

/** The form of one operation: its pickers, and the body that it sends. */
interface Form {
  node: HTMLElement;
  body(): Body;
}

class Makers {
  constructor(private readonly layers: Map<string, Layer>, private readonly catalog: Catalog, private readonly ground: Ground) {}

  picker(id: string, label: string, fits: (l: Layer) => boolean, more: { place?: boolean; optional?: boolean; first?: string } = {}): Picker {
    return new Picker(this.layers, this.catalog, { id: `an-${id}`, label, fits, place: more.place ?? false, ...(more.optional ? { optional: true } : {}), ...(more.first ? { first: more.first } : {}) }, this.ground);
  }
}

function field(id: string, label: string, input: HTMLElement, unit?: string): HTMLElement {
  input.id = `an-${id}`;
  return el('div', { class: 'field' }, el('label', { for: input.id }, label, unit ? ` (${unit})` : ''), input);
}

function numberInput(value: string): HTMLInputElement {
  return el('input', { type: 'text', inputmode: 'decimal', value });
}

function read(input: HTMLInputElement, label: string): number {
  const n = parseNumber(input.value);
  if (Number.isNaN(n)) throw new Error(t('field-number', { field: label }));
  return n;
}

function choice(options: [string, string][]): HTMLSelectElement {
  return el('select', {}, ...options.map(([value, text]) => el('option', { value }, text)));
}

const forms: Record<string, (m: Makers) => Form> = {
  select(m) {
    const target = m.picker('target', t('an-target'), anyLayer, { first: 'parcel' });
    const kinds = ['none', 'intersects', 'within', 'contains', 'touches', 'disjoint', 'within_distance'];
    const kind = choice(kinds.map((k) => [k, t(`an-rel-${k}`)]));
    const of = m.picker('of', t('an-of'), anyLayer, { place: true, first: 'school' });
    const distance = numberInput('500');
    const distanceField = field('distance', t('an-distance'), distance, 'm');
    const sync = () => {
      of.node.hidden = kind.value === 'none';
      distanceField.hidden = kind.value !== 'within_distance';
    };
    kind.addEventListener('change', sync);
    sync();
    return {
      node: el('div', {}, target.node, field('kind', t('an-relation'), kind), distanceField, of.node),
      body: () => ({
        target: target.value(),
        ...(kind.value === 'none' ? {} : { relation: { kind: kind.value, of: of.value(), ...(kind.value === 'within_distance' ? { distance_m: read(distance, t('an-distance')) } : {}) } }),
      }),
    };
  },
  buffer(m) {
    const source = m.picker('source', t('an-source'), anyLayer, { place: true, first: 'school' });
    const distance = numberInput('300');
    const dissolve = el('input', { type: 'checkbox', id: 'an-dissolve', checked: true });
    return {
      node: el('div', {}, source.node, field('buffer-distance', t('an-distance'), distance, 'm'), el('p', { class: 'check' }, dissolve, ' ', el('label', { for: 'an-dissolve' }, t('an-dissolve')))),
      body: () => ({ source: source.value(), distance_m: read(distance, t('an-distance')), dissolve: dissolve.checked }),
    };
  },
  intersect(m) {
    const a = m.picker('a', t('an-a'), anyLayer, { first: 'zoning_lot' });
    const b = m.picker('b', t('an-b'), anyLayer, { first: 'flood_zone' });
    return { node: el('div', {}, a.node, b.node), body: () => ({ a: a.value(), b: b.value() }) };
  },
  nearest(m) {
    const from = m.picker('from', t('an-from'), anyLayer, { place: true, first: 'school' });
    const to = m.picker('to', t('an-to'), anyLayer, { first: 'hospital_clinic' });
    const count = numberInput('1');
    const most = numberInput('20000');
    return {
      node: el('div', {}, from.node, to.node, field('count', t('an-count'), count), field('most', t('an-most'), most, 'm')),
      body: () => ({ from: from.value(), to: to.value(), count: read(count, t('an-count')), max_distance_m: read(most, t('an-most')) }),
    };
  },
  aggregate(m) {
    const source = m.picker('what', t('an-what'), anyLayer, { first: 'parcel' });
    const zones = m.picker('zones', t('an-zones'), areas, { first: 'admin_commune' });
    const attribute = el('select', {});
    const group = el('select', {});
    const fill = (layer: Layer | undefined) => {
      const all = layer?.attributes ?? [];
      const numeric = all.filter((a) => a.type === 'integer' || a.type === 'real');
      attribute.replaceChildren(el('option', { value: '' }, t('an-none')), ...numeric.map((a) => el('option', { value: a.name }, a.title)));
      group.replaceChildren(el('option', { value: '' }, t('an-none')), ...all.filter((a) => a.codes || a.type === 'boolean').map((a) => el('option', { value: a.name }, a.title)));
    };
    source.onLayer = fill;
    fill(source.chosenLayer);
    return {
      node: el('div', {}, source.node, zones.node, field('attribute', t('an-sum-of'), attribute), field('group', t('an-group'), group)),
      body: () => ({ source: source.value(), zones: zones.value(), ...(attribute.value ? { attribute: attribute.value } : {}), ...(group.value ? { group_by: group.value } : {}) }),
    };
  },
  reach(m) {
    const places = m.picker('places', t('an-places'), anyLayer, { place: true, first: 'hospital_clinic' });
    const targets = m.picker('targets', t('an-targets'), anyLayer, { optional: true, first: 'building' });
    const roads = m.picker('roads', t('an-roads'), lines, { first: 'road_centreline' });
    const minutes = el('input', { type: 'text', value: '5; 10; 15' });
    const mode = choice(['motorbike', 'car', 'bicycle', 'walk'].map((k) => [k, t(`an-mode-${k}`)]));
    const direction = choice([['to', t('an-dir-to')], ['from', t('an-dir-from')]]);
    return {
      node: el('div', {}, places.node, targets.node, field('minutes', t('an-minutes'), minutes), field('mode', t('an-mode'), mode), field('direction', t('an-direction'), direction),
        el('details', {}, el('summary', {}, t('an-roads')), roads.node)),
      body: () => {
        const wanted = minutes.value.split(/[;\s]+/).filter(Boolean).map(parseNumber);
        if (wanted.length === 0 || wanted.some(Number.isNaN)) throw new Error(t('field-number', { field: t('an-minutes') }));
        const to: Features | undefined = targets.value();
        return { places: places.value(), ...(to ? { targets: to } : {}), roads: roads.value(), minutes: wanted, mode: mode.value, direction: direction.value };
      },
    };
  },
};

/** Sends the question and tells of its progress; the answer comes as the last line. */
async function ask(body: Body, signal: AbortSignal, progress: (part: number) => void): Promise<Outcome> {
  const response = await fetch('/api/v1/analysis', {
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson', 'accept-language': lang },
    body: JSON.stringify(body),
  });
  if (!response.ok || !response.body) {
    const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    throw new Problem(String(problem['detail'] ?? t('error-status', { status: response.status })), response.status, problem);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    rest += value ?? '';
    const parts = rest.split('\n');
    rest = parts.pop()!;
    for (const line of parts) {
      const said = JSON.parse(line) as { progress?: number; problem?: { detail?: string } } & Outcome;
      if (said.problem) throw new Problem(said.problem.detail ?? t('error-server'), 422);
      if (said.type === 'FeatureCollection') return said;
      progress(said.progress ?? 0);
    }
    if (done) throw new Problem(t('error-network'), 0);
  }
}

function addOutcome(map: LibreMap): (areas: GeoJSON.FeatureCollection, rows: GeoJSON.FeatureCollection) => void {
  for (const id of ['an-areas', 'an-rows']) map.addSource(id, { type: 'geojson', data: none });
  map.addLayer({ id: 'an-areas', type: 'fill', source: 'an-areas', paint: { 'fill-color': ['interpolate', ['linear'], ['get', 'minutes'], 0, '#1a6e3c', 15, '#e0a100', 30, '#b3282d'], 'fill-opacity': 0.32 } });
  map.addLayer({ id: 'an-fill', type: 'fill', source: 'an-rows', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': '#0b4d6b', 'fill-opacity': ['coalesce', ['get', '@shade'], 0.28] } });
  map.addLayer({ id: 'an-line', type: 'line', source: 'an-rows', filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': '#0b4d6b', 'line-width': 2 } });
  map.addLayer({ id: 'an-dot', type: 'circle', source: 'an-rows', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 5, 'circle-color': '#0b4d6b', 'circle-stroke-color': '#fff', 'circle-stroke-width': 1.5 } });
  return (under, rows) => {
    map.getSource<GeoJSONSource>('an-areas')?.setData(under);
    map.getSource<GeoJSONSource>('an-rows')?.setData(rows);
  };
}

/** Figures per area: the more there are, the darker the area. */
function shaded(outcome: Outcome): Outcome {
  if (!outcome.columns.some((c) => c.name === 'zone')) return outcome;
  const count = (f: GeoJSON.Feature) => Number(f.properties?.['count'] ?? 0);
  const most = Math.max(1, ...outcome.features.map(count));
  const features = outcome.features.map((f) => ({ ...f, properties: { ...f.properties, '@shade': 0.06 + 0.64 * Math.sqrt(count(f) / most) } }));
  return { ...outcome, features };
}

function boundsOf(...all: (GeoJSON.FeatureCollection | GeoJSON.Feature)[]): LngLatBounds {
  const bounds = new LngLatBounds();
  const walk = (c: unknown): void => {
    if (!Array.isArray(c)) return;
    if (typeof c[0] === 'number') bounds.extend([c[0], c[1] as number]);
    else c.forEach(walk);
  };
  for (const one of all) {
    for (const f of one.type === 'Feature' ? [one] : one.features) if (f.geometry && 'coordinates' in f.geometry) walk(f.geometry.coordinates);
  }
  return bounds;
}

/** Downloads the whole answer in a form. */
async function download(body: Body, form: 'csv' | 'json'): Promise<void> {
  const response = await fetch(`/api/v1/analysis?f=${form}`, { method: 'POST', headers: { 'content-type': 'application/json', 'accept-language': lang }, body: JSON.stringify({ ...body, limit: form === 'csv' ? undefined : 20000 }) });
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    throw new Problem(String(problem['detail'] ?? t('error-server')), response.status, problem);
  }
  const link = el('a', { href: URL.createObjectURL(await response.blob()), download: form === 'csv' ? 'phan-tich.csv' : 'phan-tich.geojson' });
  link.click();
  URL.revokeObjectURL(link.href);
}

async function start(): Promise<void> {
  const catalog = await call<Catalog>('GET', '/api/v1/layers');
  const layers = byIdMap(catalog);
  const ground = ['admin_province', 'admin_commune', 'road_centreline', 'river', 'lake'];
  const map = makeMap(byId('map'), { style: mapStyle(catalog, [...layers.values()].filter((l) => ground.includes(l.id)), () => true), bounds: catalog.bounds, fitBoundsOptions: { padding: 20 } });
  map?.addControl(new NavigationControl({}), 'bottom-right');
  map?.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-left');
  const draw = map ? map.once('load').then(() => addOutcome(map)) : undefined;
  const onGround: Ground = {
    view: () => {
      if (!map) return undefined;
      const [w, s, e, n] = map.getBounds().toArray().flat() as [number, number, number, number];
      return { type: 'Polygon', coordinates: [[[w, s], [e, s], [e, n], [w, n], [w, s]]] };
    },
    askPoint: () =>
      new Promise((resolve) => {
        if (!map) return;
        map.getCanvas().style.cursor = 'crosshair';
        void map.once('click').then((e) => {
          map.getCanvas().style.cursor = '';
          const point: GeoJSON.Point = { type: 'Point', coordinates: [e.lngLat.lng, e.lngLat.lat] };
          void draw?.then((d) => d(none, { type: 'FeatureCollection', features: [{ type: 'Feature', geometry: point, properties: {} }] }));
          resolve(point);
        });
      }),
  };
  const makers = new Makers(layers, catalog, onGround);
  const operation = byId<HTMLSelectElement>('an-operation');
  let form: Form;
  let asked: Body | undefined;
  let running: AbortController | undefined;
  const change = () => {
    form = forms[operation.value]!(makers);
    byId('an-form-body').replaceChildren(form.node);
    byId('an-about').textContent = t(`an-about-${operation.value}`);
  };
  operation.addEventListener('change', change);
  const wanted = new URLSearchParams(location.search).get('operation');
  if (wanted && wanted in forms) operation.value = wanted;
  change();

  const bar = byId<HTMLProgressElement>('an-progress');
  const error = byId('an-error');
  const fail = (e: unknown) => {
    error.textContent = (e as Error).message;
    error.hidden = false;
    error.focus();
  };
  byId('an-cancel').addEventListener('click', () => running?.abort());
  byId('an-form').addEventListener('submit', (event) => {
    event.preventDefault();
    error.hidden = true;
    error.textContent = '';
    let body: Body;
    try {
      body = { operation: operation.value, ...form.body() };
    } catch (e) {
      return fail(e);
    }
    running?.abort();
    const own = (running = new AbortController());
    byId('an-working').hidden = false;
    bar.removeAttribute('value');
    ask(body, own.signal, (part) => (bar.value = part))
      .then(async (outcome) => {
        asked = body;
        (await draw)?.(outcome.areas, shaded(outcome));
        const bounds = boundsOf(outcome, outcome.areas);
        if (!bounds.isEmpty()) map?.fitBounds(bounds, { padding: 40, maxZoom: 17, duration: 600 });
        show(outcome, (feature) => {
          const place = boundsOf(feature);
          if (!place.isEmpty()) map?.fitBounds(place, { padding: 60, maxZoom: 18, duration: 600 });
          byId('map').scrollIntoView({ block: 'nearest', behavior: 'smooth' });
        });
        byId('an-status').textContent = t('an-done', { count: withUnit(outcome.numberMatched) });
        // On a phone the answer lies below the map, out of sight.
        if (window.innerWidth <= 860) byId('an-result').scrollIntoView({ block: 'start', behavior: 'smooth' });
      })
      .catch((e: unknown) => {
        if (!own.signal.aborted) fail(e);
      })
      .finally(() => {
        if (running === own) byId('an-working').hidden = true;
      });
  });
  for (const kind of ['csv', 'json'] as const) {
    byId(`an-${kind}`).addEventListener('click', () => {
      if (asked) download(asked, kind).catch(fail);
    });
  }
  document.documentElement.setAttribute('data-analysis', 'ready');
}

start().catch((e: Error) => {
  const error = byId('an-error');
  error.textContent = e.message;
  error.hidden = false;
});
