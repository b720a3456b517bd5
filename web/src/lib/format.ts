// Numbers, days and times as Vietnam writes them (decimal comma), or English.
import { lang } from './page';

const locale = lang === 'vi' ? 'vi-VN' : 'en-GB';

/** Symbols of the units that layer files and verdicts use. */
const symbols: Record<string, string> = {
  m: 'm',
  m2: 'm²',
  km: 'km',
  km2: 'km²',
  ha: 'ha',
  mm: 'mm',
  percent: '%',
  storeys: lang === 'vi' ? 'tầng' : 'storeys',
  ratio: lang === 'vi' ? 'lần' : '×',
  kV: 'kV',
  'm3/d': lang === 'vi' ? 'm³/ngày' : 'm³/day',
  't/d': lang === 'vi' ? 'tấn/ngày' : 't/day',
  t: lang === 'vi' ? 'tấn' : 't',
  a: lang === 'vi' ? 'năm' : 'years',
  min: lang === 'vi' ? 'phút' : 'min',
  deg: '°',
  VND: lang === 'vi' ? 'đồng' : 'VND',
};

/** The symbol of a unit of a layer file; unknown units stand as they are. */
export function unitSymbol(unit: string | undefined | null): string {
  return unit ? (symbols[unit] ?? unit.replace(/2\b/, '²').replace(/3\b/, '³')) : '';
}

/** A number with its unit. Codes and years are not numbers here: they come as text. */
export function withUnit(value: number, unit?: string | null, digits = 2): string {
  const text = new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
  const symbol = unitSymbol(unit);
  return symbol ? `${text}\u00a0${symbol}` : text;
}

/** Units that a measured number of this unit is told in, largest first, and the least number for each. */
const scales: Record<string, [least: number, unit: string][]> = {
  m2: [[1e6, 'km2'], [1e4, 'ha']],
  m: [[1e3, 'km']],
};

/** A measured number in the unit that its size asks for: areas in m², ha or km², lengths in m or km. */
export function measured(value: number, unit?: string | null): string {
  const larger = scales[unit ?? '']?.find(([least]) => Math.abs(value) >= least);
  if (larger) return withUnit(value / larger[0], larger[1]);
  return withUnit(value, unit, Math.abs(value) >= 1000 ? 0 : 2);
}

/** A calendar day or instant of ISO 8601 text; other text comes back unchanged. */
export function dateText(iso: string): string {
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso);
  if (day) return `${day[3]}/${day[2]}/${day[1]}`;
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'short',
    timeStyle: 'short',
    timeZone: 'Asia/Ho_Chi_Minh',
  }).format(at);
}

/** Bytes in megabytes, for upload progress. */
export function megabytes(bytes: number): string {
  return withUnit(bytes / 1e6, 'MB', 1);
}
