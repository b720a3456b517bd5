// Reading and writing items. Every write names the version that was looked at.
import { Problem, exchange } from '../lib/api';
import { versionOf, type Item, type Properties } from './types';

const geojson = { accept: 'application/geo+json' };

/** Headers of a write from the portal, with the reason that is kept in the history. */
function writing(reason: string): Record<string, string> {
  const headers: Record<string, string> = { 'dothi-client': 'portal' };
  // Headers are ASCII.
  if (reason) headers['dothi-reason'] = encodeURIComponent(reason);
  return headers;
}

const itemsOf = (layer: string) => `/ogc/collections/${layer}/items`;

/** Reads an item as it is now. */
export async function readItem(layer: string, fid: number): Promise<Item> {
  const { body, headers } = await exchange<GeoJSON.Feature>('GET', `${itemsOf(layer)}/${fid}?f=json`, undefined, geojson);
  return { id: fid, geometry: body.geometry, properties: body.properties ?? {}, etag: headers.get('etag') ?? '' };
}

export interface Written {
  fid: number;
  revision: string | null;
}

/** Adds an item. */
export async function addItem(layer: string, geometry: GeoJSON.Geometry, properties: Properties, reason: string): Promise<Written> {
  const { headers } = await exchange('POST', itemsOf(layer), { type: 'Feature', geometry, properties }, writing(reason));
  const fid = Number(headers.get('location')?.replace(/[?#].*$/, '').split('/').pop());
  return { fid, revision: headers.get('dothi-revision') };
}

const itemOf = (layer: string, fid: number) => `/api/v1/layers/${layer}/items/${fid}`;

/** Changes what is named of an item; 409 where somebody else changed it since it was read. */
export async function changeItem(layer: string, item: Item, change: { geometry?: GeoJSON.Geometry; properties?: Properties }, reason: string): Promise<Written> {
  const body = { version: versionOf(item.etag), ...change, reason };
  const done = await exchange('PATCH', itemOf(layer, item.id), body, { 'dothi-client': 'portal' });
  return { fid: item.id, revision: done.headers.get('dothi-revision') };
}

/** Removes an item; the history keeps it. */
export async function removeItem(layer: string, item: Item, reason: string): Promise<Written> {
  const query = new URLSearchParams({ version: String(versionOf(item.etag)), reason });
  const done = await exchange('DELETE', `${itemOf(layer, item.id)}?${query}`, undefined, { 'dothi-client': 'portal' });
  return { fid: item.id, revision: done.headers.get('dothi-revision') };
}

/** The items of a split or a merge, as they would be or as they were made. */
export interface Succession {
  revision: number | null;
  predecessors: number[];
  adjusted: number[];
  successors: (GeoJSON.Feature & { area_m2: number })[];
}

export async function split(layer: string, fid: number, body: Record<string, unknown>): Promise<Succession> {
  return (await exchange<Succession>('POST', `/api/v1/layers/${layer}/items/${fid}/split`, body, { 'dothi-client': 'portal' })).body;
}

export async function merge(layer: string, body: Record<string, unknown>): Promise<Succession> {
  return (await exchange<Succession>('POST', `/api/v1/layers/${layer}/merge`, body, { 'dothi-client': 'portal' })).body;
}

interface Relative {
  fid: number;
  label: string | null;
  /** What people call it. */
  title: string;
  current: boolean;
  /** Where its history is told, for who may read it. */
  history: string | null;
}

interface Step {
  revision: number;
  at: string;
  by: string | null;
  reason: string | null;
  predecessors: Relative[];
  successors: Relative[];
}

export interface Lineage {
  before: Step[];
  after: Step[];
}

export async function lineage(layer: string, fid: number): Promise<Lineage> {
  return (await exchange<Lineage>('GET', `/api/v1/layers/${layer}/items/${fid}/lineage`)).body;
}

/** One side of a conflict, as a 409 names it. */
export interface Stale {
  fid: number;
  expected_version: number;
  version: number | null;
  changed_at: string | null;
  changed_by: string | null;
  reason: string | null;
}

/** Whether a write was refused because another one came before it. */
export function isConflict(e: unknown): e is Problem {
  return e instanceof Problem && e.status === 409 && Array.isArray(e.body['conflicts']);
}
