// Keys that are made of other attributes: a parcel's code is commune, sheet and number (24611-12-87). The form keeps
// such a key in step and offers the next number that is free on the sheet.
import { call } from '../lib/api';
import type { AttributeForm } from './form';
import type { EditLayer, Properties } from './types';

/** A key that is the values of other attributes with dashes between. */
export interface Joined {
  key: string;
  parts: string[];
}

/** Finds in an item's own values how its key is made. */
export function joinedKey(layer: EditLayer, properties: Properties): Joined | undefined {
  for (const key of layer.key) {
    const value = properties[key];
    if (typeof value !== 'string' || !value.includes('-')) continue;
    const names = layer.attributes.filter((a) => a.name !== key && ['text', 'integer'].includes(a.type)).map((a) => a.name);
    const parts: string[] = [];
    for (const piece of value.split('-')) {
      const found = names.find((n) => !parts.includes(n) && properties[n] !== null && String(properties[n]) === piece);
      if (found) parts.push(found);
    }
    if (parts.length > 1 && parts.length === value.split('-').length) return { key, parts };
  }
  return undefined;
}

/** Writes the key anew whenever one of its parts is typed, until the key itself is. */
export function keepInStep(form: AttributeForm, joined: Joined): void {
  let own = false;
  const before = form.onInput;
  form.onInput = (name) => {
    if (name === joined.key) own = true;
    else if (!own && joined.parts.includes(name)) write(form, joined);
    before(name);
  };
}

export function write(form: AttributeForm, joined: Joined): void {
  const values = joined.parts.map((p) => form.value(p));
  if (values.every((v) => v !== null && v !== undefined)) form.set(joined.key, values.join('-'));
}

/** Answers with more items than this are not read for a number. */
const most = 20_000;

/** The next number after the highest one among items that share the key's other parts. */
export async function nextNumber(layer: EditLayer, joined: Joined, properties: Properties): Promise<number | undefined> {
  const number = joined.parts[joined.parts.length - 1]!;
  if (layer.attributes.find((a) => a.name === number)?.type !== 'integer') return undefined;
  const filter = joined.parts.slice(0, -1).map((p) => `${p}=${encodeURIComponent(String(properties[p]))}`);
  const url = `/ogc/collections/${layer.id}/items?${filter.join('&')}&limit=${most}&f=json`;
  const found = await call<GeoJSON.FeatureCollection & { numberMatched?: number }>('GET', url).catch(() => undefined);
  if (!found || (found.numberMatched ?? 0) > found.features.length) return undefined;
  return found.features.reduce((n, f) => Math.max(n, Number(f.properties?.[number]) || 0), 0) + 1;
}
