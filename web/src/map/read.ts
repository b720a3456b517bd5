// Attribute values as people read them.
import { dateText, withUnit } from '../lib/format';
import { t } from '../lib/page';
import type { Attribute } from './catalog';

/** Value of an attribute with its unit, its code's title, its day. */
export function readValue(attribute: Attribute, value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  const code = attribute.codes?.[String(value)];
  // Codes that people use by themselves (ODT, 24611) stand beside their titles.
  if (code) return /^([A-Z]{2,4}|\d+)$/.test(String(value)) ? `${code.title} (${value})` : code.title;
  if (typeof value === 'boolean' || attribute.type === 'boolean') return value === true || value === 'true' ? t('yes') : t('no');
  if (typeof value === 'number') {
    if (!attribute.unit && attribute.type === 'integer') return String(value);
    return withUnit(value, attribute.unit);
  }
  if (attribute.type === 'date' || attribute.type === 'timestamp') return dateText(String(value));
  return listOfCodes(attribute, String(value)) ?? String(value);
}

/** Comma-separated codes (allowed uses of a lot, say) by their titles. */
function listOfCodes(attribute: Attribute, value: string): string | undefined {
  if (!attribute.codes || !value.includes(',')) return undefined;
  return value.split(',').map((c) => attribute.codes?.[c.trim()]?.title ?? c.trim()).join(', ');
}
