// The geometry under the reader's hands: parts of paths, with undo. Vertices that are not moved keep the very numbers
// that the server gave, so that writing an item back changes nothing else.
import { areaOf, lengthOf, type LonLat } from './plane';
import type { Kind } from './types';

/** A part: one position, one path, or an outer ring and its holes (not closed: the first vertex stands once). */
export type Part = LonLat[][];
export type Base = 'Point' | 'LineString' | 'Polygon';

export interface Address {
  part: number;
  path: number;
  index: number;
}

interface State {
  parts: Part[];
  /** The path that is being drawn. */
  drawing?: { part: number; path: number } | undefined;
}

const least: Record<Base, number> = { Point: 1, LineString: 2, Polygon: 3 };

/** The parts of a GeoJSON geometry. */
export function partsOf(geometry: GeoJSON.Geometry): Part[] {
  const open = (ring: LonLat[]): LonLat[] => ring.slice(0, -1);
  switch (geometry.type) {
    case 'Point':
      return [[[geometry.coordinates]]];
    case 'MultiPoint':
      return geometry.coordinates.map((p) => [[p]]);
    case 'LineString':
      return [[geometry.coordinates]];
    case 'MultiLineString':
      return geometry.coordinates.map((l) => [l]);
    case 'Polygon':
      return [geometry.coordinates.map(open)];
    case 'MultiPolygon':
      return geometry.coordinates.map((p) => p.map(open));
    default:
      return [];
  }
}

/** Every path of a geometry, rings closed. */
export function pathsOf(geometry: GeoJSON.Geometry): LonLat[][] {
  switch (geometry.type) {
    case 'Point':
      return [[geometry.coordinates]];
    case 'MultiPoint':
      return geometry.coordinates.map((p) => [p]);
    case 'LineString':
      return [geometry.coordinates];
    case 'MultiLineString':
    case 'Polygon':
      return geometry.coordinates;
    case 'MultiPolygon':
      return geometry.coordinates.flat();
    default:
      return [];
  }
}

function copy(state: State): State {
  return { parts: state.parts.map((part) => part.map((path) => [...path])), drawing: state.drawing && { ...state.drawing } };
}

/** A shape with its past. */
export class Shape {
  readonly base: Base;
  readonly multi: boolean;
  private state: State = { parts: [] };
  private past: State[] = [];
  private future: State[] = [];
  /** Called after each change, also those of undo and redo. */
  onChange: () => void = () => {};

  constructor(
    readonly kind: Kind,
    parts?: Part[],
  ) {
    this.multi = kind.startsWith('Multi');
    this.base = kind.replace('Multi', '') as Base;
    if (parts) this.state = { parts: copy({ parts }).parts };
    else this.state = { parts: [[[]]], drawing: { part: 0, path: 0 } };
  }

  get parts(): Part[] {
    return this.state.parts;
  }
  get drawing(): { part: number; path: number } | undefined {
    return this.state.drawing;
  }
  get canUndo(): boolean {
    return this.past.length > 0;
  }
  get canRedo(): boolean {
    return this.future.length > 0;
  }
  /** Whether anything was changed since the shape was made. */
  get touched(): boolean {
    return this.past.length > 0;
  }

  /** Makes a change that undo takes back. */
  private change(act: (s: State) => void): void {
    this.past.push(copy(this.state));
    this.future = [];
    act(this.state);
    this.onChange();
  }

  undo(): void {
    const before = this.past.pop();
    if (!before) return;
    this.future.push(this.state);
    this.state = before;
    this.onChange();
  }

  redo(): void {
    const after = this.future.pop();
    if (!after) return;
    this.past.push(this.state);
    this.state = after;
    this.onChange();
  }

  /** Another geometry in the place of this one, as one change. */
  replace(parts: Part[]): void {
    this.change((s) => {
      s.parts = copy({ parts }).parts;
      s.drawing = undefined;
    });
  }

  private path(s: State, at: { part: number; path: number }): LonLat[] {
    return s.parts[at.part]![at.path]!;
  }

  /** The path that is being drawn, as far as it goes. */
  drawnPath(): LonLat[] {
    return this.drawing ? this.path(this.state, this.drawing) : [];
  }

  /** Adds a vertex to the path that is being drawn. */
  append(at: LonLat): void {
    const drawing = this.drawing;
    if (!drawing) return;
    this.change((s) => {
      this.path(s, drawing).push(at);
      if (this.base === 'Point') s.drawing = undefined;
    });
  }

  /** Whether the drawn path has vertices enough to end. */
  get canFinish(): boolean {
    return Boolean(this.drawing) && this.drawnPath().length >= least[this.base];
  }

  finish(): boolean {
    if (!this.canFinish) return false;
    this.change((s) => (s.drawing = undefined));
    return true;
  }

  /** Gives up the path that is being drawn. */
  abandon(): void {
    const drawing = this.drawing;
    if (!drawing) return;
    this.change((s) => {
      s.parts[drawing.part]!.splice(drawing.path, 1);
      if (s.parts[drawing.part]!.length === 0) s.parts.splice(drawing.part, 1);
      s.drawing = undefined;
    });
  }

  startPart(): void {
    this.change((s) => {
      s.parts.push([[]]);
      s.drawing = { part: s.parts.length - 1, path: 0 };
    });
  }

  /** Begins a hole in a part of an area. */
  startHole(part: number): void {
    this.change((s) => {
      s.parts[part]!.push([]);
      s.drawing = { part, path: s.parts[part]!.length - 1 };
    });
  }

  /** Marks where a drag begins: all its moves are one change. */
  hold(): void {
    this.past.push(copy(this.state));
    this.future = [];
  }

  /** Moves a vertex within a drag. */
  drag(to: Address, at: LonLat): void {
    this.path(this.state, to)[to.index] = at;
    this.onChange();
  }

  move(which: Address, at: LonLat): void {
    this.change((s) => (this.path(s, which)[which.index] = at));
  }

  /** Puts a vertex before `where.index`. */
  insert(where: Address, at: LonLat): void {
    this.change((s) => this.path(s, where).splice(where.index, 0, at));
  }

  /** Whether a vertex may go without the path collapsing. */
  canRemove(which: Address): boolean {
    const path = this.parts[which.part]?.[which.path];
    return Boolean(path) && (path!.length > least[this.base] || this.canRemovePath(which));
  }

  private canRemovePath(which: Address): boolean {
    return which.path > 0 || this.parts.length > 1;
  }

  /** Removes a vertex; with the last that a path can spare, the path (a hole, a part). */
  remove(which: Address): void {
    if (!this.canRemove(which)) return;
    this.change((s) => {
      const path = this.path(s, which);
      if (path.length > least[this.base]) path.splice(which.index, 1);
      else if (which.path > 0) s.parts[which.part]!.splice(which.path, 1);
      else s.parts.splice(which.part, 1);
    });
  }

  addresses(): Address[] {
    return this.parts.flatMap((part, p) => part.flatMap((path, r) => path.map((_, index) => ({ part: p, path: r, index }))));
  }

  at(a: Address): LonLat | undefined {
    return this.parts[a.part]?.[a.path]?.[a.index];
  }

  /** The edges of all paths: from a vertex to the next, and where a new vertex would go. */
  edges(): { a: LonLat; b: LonLat; where: Address }[] {
    return this.parts.flatMap((part, p) =>
      part.flatMap((path, r) => {
        const drawn = this.drawing?.part === p && this.drawing.path === r;
        const closed = this.base === 'Polygon' && !drawn;
        return path.flatMap((a, i) => {
          const b = path[i + 1] ?? (closed && path.length > 2 ? path[0] : undefined);
          return b ? [{ a, b, where: { part: p, path: r, index: i + 1 } }] : [];
        });
      }),
    );
  }

  /** The geometry as GeoJSON; none while it is not complete. */
  geometry(): GeoJSON.Geometry | undefined {
    const parts = this.drawing ? undefined : this.parts;
    if (!parts?.length || parts.some((part) => part.some((path) => path.length < least[this.base]))) return undefined;
    const close = (ring: LonLat[]): LonLat[] => [...ring, ring[0]!];
    switch (this.base) {
      case 'Point':
        return this.multi ? { type: 'MultiPoint', coordinates: parts.map((p) => p[0]![0]!) } : { type: 'Point', coordinates: parts[0]![0]![0]! };
      case 'LineString':
        return this.multi ? { type: 'MultiLineString', coordinates: parts.map((p) => p[0]!) } : { type: 'LineString', coordinates: parts[0]![0]! };
      case 'Polygon':
        return this.multi
          ? { type: 'MultiPolygon', coordinates: parts.map((p) => p.map(close)) }
          : { type: 'Polygon', coordinates: parts[0]!.map(close) };
    }
  }

  /** Length of all lines, or perimeter and area of all parts; `tip` is where the pointer stands while drawing. */
  measure(tip?: LonLat): { length_m: number; area_m2?: number } {
    const drawing = this.drawing;
    let length_m = 0;
    let area_m2 = 0;
    this.parts.forEach((part, p) =>
      part.forEach((path, r) => {
        const drawn = drawing?.part === p && drawing.path === r;
        const whole = drawn && tip ? [...path, tip] : path;
        const closed = this.base === 'Polygon' && whole.length > 2;
        length_m += lengthOf(closed ? [...whole, whole[0]!] : whole);
        if (closed) area_m2 += (r === 0 ? 1 : -1) * areaOf(whole);
      }),
    );
    return this.base === 'Polygon' ? { length_m, area_m2: Math.max(area_m2, 0) } : { length_m };
  }
}
