// Keeps an edit that is under way in this browser: a closed tab, a lost session or a lost network loses nothing.
import type { Part } from './shape';
import type { Properties } from './types';

/** An edit as it is kept. */
export interface Kept {
  parts?: Part[] | undefined;
  properties: Properties;
  reason: string;
}

const keyOf = (layer: string, fid: number | undefined) => `dothi-edit-${layer}-${fid ?? 'new'}`;

export function keep(layer: string, fid: number | undefined, kept: Kept): void {
  try {
    localStorage.setItem(keyOf(layer, fid), JSON.stringify(kept));
  } catch {
    // Storage may be full or forbidden: the edit then lasts as long as the page.
  }
}

export function kept(layer: string, fid: number | undefined): Kept | undefined {
  try {
    const text = localStorage.getItem(keyOf(layer, fid));
    return text ? (JSON.parse(text) as Kept) : undefined;
  } catch {
    return undefined;
  }
}

export function forget(layer: string, fid: number | undefined): void {
  try {
    localStorage.removeItem(keyOf(layer, fid));
  } catch {
    // Nothing was kept either.
  }
}
