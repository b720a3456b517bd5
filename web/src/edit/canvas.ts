// The shape on the map: what is drawn of it, and what mouse, finger and keys do to it.
import type { GeoJSONSource, LayerSpecification, Map as LibreMap, MapMouseEvent, MapTouchEvent, Point } from 'maplibre-gl';
import { fromPlane, toPlane, type LonLat } from './plane';
import type { Address, Shape } from './shape';
import type { Snapped, Snapper } from './snap';

type Pointer = MapMouseEvent | MapTouchEvent;

const none: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
/** How near a pointer must come to a handle, pixels: a finger is wider than a cursor. */
const reachOf = { mouse: 9, touch: 22 };
/** An edge shorter than this on the screen has no handle for a new vertex, pixels. */
const leastEdge = 36;
/** More handles than this are not drawn; zooming in leaves fewer. */
const mostHandles = 1500;

const blue = '#0b4d6b';
const red = '#b3282d';
const amber = '#f2b705';

const isPolygon = ['==', ['geometry-type'], 'Polygon'] as const;

/** Everything that is drawn over the layers, lowest first. */
function overlays(): LayerSpecification[] {
  const line = (id: string, source: string, color: string, width: number, dash?: number[]): LayerSpecification => ({
    id,
    type: 'line',
    source,
    filter: ['!=', ['geometry-type'], 'Point'],
    layout: { 'line-join': 'round' },
    paint: { 'line-color': color, 'line-width': width, ...(dash ? { 'line-dasharray': dash } : {}) },
  });
  return [
    { id: 'edit-units-line', type: 'line', source: 'edit-units', paint: { 'line-color': blue, 'line-width': 2, 'line-opacity': 0.7, 'line-dasharray': [4, 2, 1, 2] } },
    { id: 'edit-picked-fill', type: 'fill', source: 'edit-picked', filter: isPolygon as never, paint: { 'fill-color': amber, 'fill-opacity': 0.3 } },
    line('edit-picked-line', 'edit-picked', red, 2.5),
    { id: 'edit-pieces-fill', type: 'fill', source: 'edit-pieces', paint: { 'fill-color': ['match', ['%', ['get', 'n'], 4], 0, '#5d9ab8', 1, '#d98e04', 2, '#4f9a6e', '#8a6bb0'], 'fill-opacity': 0.4 } },
    line('edit-pieces-line', 'edit-pieces', '#16232e', 2),
    { id: 'edit-theirs-fill', type: 'fill', source: 'edit-theirs', filter: isPolygon as never, paint: { 'fill-color': red, 'fill-opacity': 0.12 } },
    line('edit-theirs-line', 'edit-theirs', red, 3, [2, 1.5]),
    { id: 'edit-theirs-dot', type: 'circle', source: 'edit-theirs', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 9, 'circle-color': 'rgba(179,40,45,0.2)', 'circle-stroke-color': red, 'circle-stroke-width': 3 } },
    { id: 'edit-shape-fill', type: 'fill', source: 'edit-shape', filter: isPolygon as never, paint: { 'fill-color': blue, 'fill-opacity': 0.16 } },
    line('edit-shape-case', 'edit-shape', '#ffffff', 5.5),
    { ...line('edit-shape-line', 'edit-shape', blue, 2.8), paint: { 'line-color': ['case', ['==', ['get', 'look'], 'cut'], red, blue], 'line-width': 2.8 } } as LayerSpecification,
    line('edit-tip-line', 'edit-tip', '#16232e', 1.5, [2, 2]),
    { id: 'edit-mid', type: 'circle', source: 'edit-mid', paint: { 'circle-radius': 4.5, 'circle-color': '#ffffff', 'circle-opacity': 0.85, 'circle-stroke-color': blue, 'circle-stroke-width': 1.2 } },
    {
      id: 'edit-vertex',
      type: 'circle',
      source: 'edit-vertex',
      paint: {
        'circle-radius': ['case', ['get', 'selected'], 8.5, 6],
        'circle-color': ['case', ['get', 'selected'], amber, '#ffffff'],
        'circle-stroke-color': blue,
        'circle-stroke-width': 2.4,
      },
    },
    { id: 'edit-snap', type: 'circle', source: 'edit-snap', paint: { 'circle-radius': ['match', ['get', 'kind'], 'vertex', 10, 7], 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-color': red, 'circle-stroke-width': 2.4 } },
    {
      id: 'edit-pieces-label',
      type: 'symbol',
      source: 'edit-pieces',
      layout: { 'text-field': ['get', 'label'], 'text-font': ['Noto Sans Bold'], 'text-size': 15, 'text-allow-overlap': true },
      paint: { 'text-color': '#16232e', 'text-halo-color': '#ffffff', 'text-halo-width': 2.5 },
    },
  ];
}

function feature(geometry: GeoJSON.Geometry, properties: GeoJSON.GeoJsonProperties = {}): GeoJSON.Feature {
  return { type: 'Feature', geometry, properties };
}

/** The drawing over the map. */
export class Canvas {
  private shape: Shape | undefined;
  private look: 'change' | 'cut' = 'change';
  private dragging: { at: Address; moved: boolean } | undefined;
  private tip: Snapped | undefined;
  private lastTap = 0;
  selected: Address | undefined;
  /** A click on the map while no shape is under way. */
  onPick: (point: Point) => void = () => {};
  /** The pointer, the choice or the shape changed. */
  onMove: () => void = () => {};
  /** A path was ended by the pointer or a key. */
  onFinish: () => void = () => {};

  constructor(
    readonly map: LibreMap,
    private readonly snapper: Snapper,
  ) {
    for (const id of ['units', 'picked', 'pieces', 'theirs', 'shape', 'tip', 'mid', 'vertex', 'snap']) map.addSource(`edit-${id}`, { type: 'geojson', data: none });
    for (const layer of overlays()) map.addLayer(layer);
    map.on('click', (e) => this.click(e));
    map.on('mousemove', (e) => this.pointer(e));
    map.on('touchmove', (e) => this.pointer(e));
    map.on('mousedown', (e) => this.press(e, reachOf.mouse));
    map.on('touchstart', (e) => this.press(e, reachOf.touch));
    map.on('mouseup', () => this.release());
    map.on('touchend', () => this.release());
    map.on('touchcancel', () => this.release());
    map.on('moveend', () => this.draw());
    map.on('mouseout', () => this.hover(undefined));
  }

  /** Puts a shape under the reader's hands, or takes it away. */
  take(shape: Shape | undefined, look: 'change' | 'cut' = 'change'): void {
    this.shape = shape;
    this.look = look;
    this.selected = undefined;
    this.dragging = undefined;
    this.hover(undefined);
    this.map.doubleClickZoom[shape ? 'disable' : 'enable']();
    this.draw();
  }

  /** Where the pointer would put a vertex; for the measure of what is being drawn. */
  get tipAt(): LonLat | undefined {
    return this.shape?.drawing ? this.tip?.at : undefined;
  }

  set(source: 'units' | 'picked' | 'pieces' | 'theirs', features: GeoJSON.Feature[]): void {
    this.map.getSource<GeoJSONSource>(`edit-${source}`)?.setData({ type: 'FeatureCollection', features });
  }

  select(address: Address | undefined): void {
    this.selected = address;
    this.map.keyboard[address ? 'disable' : 'enable']();
    this.draw();
    this.onMove();
  }

  private put(source: string, features: GeoJSON.Feature[]): void {
    this.map.getSource<GeoJSONSource>(`edit-${source}`)?.setData({ type: 'FeatureCollection', features });
  }

  /** Draws the shape anew. */
  draw(): void {
    const shape = this.shape;
    if (!shape) {
      for (const id of ['shape', 'tip', 'mid', 'vertex', 'snap']) this.put(id, []);
      return;
    }
    this.put('shape', this.bodies(shape));
    const bounds = this.map.getBounds();
    const all = shape.addresses().filter((a) => bounds.contains(shape.at(a) as [number, number]));
    const handles = all.length > mostHandles ? [] : all;
    const same = (a: Address) => this.selected !== undefined && a.part === this.selected.part && a.path === this.selected.path && a.index === this.selected.index;
    this.put('vertex', handles.map((a) => feature({ type: 'Point', coordinates: shape.at(a)! }, { selected: same(a) })));
    this.put('mid', shape.drawing || handles.length === 0 ? [] : this.mids(shape).map((m) => feature({ type: 'Point', coordinates: m.at })));
    this.drawTip();
  }

  private bodies(shape: Shape): GeoJSON.Feature[] {
    const look = { look: this.look };
    return shape.parts.flatMap((part, p): GeoJSON.Feature[] => {
      const drawn = (r: number) => shape.drawing?.part === p && shape.drawing.path === r;
      const lines = part.flatMap((path, r) => (drawn(r) && path.length > 1 ? [feature({ type: 'LineString', coordinates: path }, look)] : []));
      const whole = part.filter((_, r) => !drawn(r));
      if (shape.base === 'LineString') return [...lines, ...whole.filter((l) => l.length > 1).map((l) => feature({ type: 'LineString', coordinates: l }, look))];
      const rings = whole.filter((r) => r.length > 2).map((r) => [...r, r[0]!]);
      return shape.base === 'Polygon' && rings.length ? [...lines, feature({ type: 'Polygon', coordinates: rings }, look)] : lines;
    });
  }

  private mids(shape: Shape): { at: LonLat; where: Address }[] {
    if (shape.base === 'Point') return [];
    const bounds = this.map.getBounds();
    return shape.edges().flatMap(({ a, b, where }) => {
      const [pa, pb] = [a, b].map((v) => this.map.project([v[0]!, v[1]!]));
      const at: LonLat = [(a[0]! + b[0]!) / 2, (a[1]! + b[1]!) / 2];
      const long = Math.hypot(pa!.x - pb!.x, pa!.y - pb!.y) >= leastEdge;
      return long && bounds.contains(at as [number, number]) ? [{ at, where }] : [];
    });
  }

  private drawTip(): void {
    const path = this.shape?.drawnPath() ?? [];
    const last = path[path.length - 1];
    const tip = this.tip;
    const ends = this.shape?.base === 'Polygon' && path.length > 1 ? [path[0]!] : [];
    this.put('tip', tip && last ? [feature({ type: 'LineString', coordinates: [last, tip.at, ...ends] })] : []);
    this.put('snap', tip && tip.kind !== 'none' ? [feature({ type: 'Point', coordinates: tip.at }, { kind: tip.kind })] : []);
  }

  private hover(tip: Snapped | undefined): void {
    this.tip = tip;
    this.drawTip();
    this.onMove();
  }

  private near(point: Point, at: LonLat, reach: number): boolean {
    const px = this.map.project([at[0]!, at[1]!]);
    return Math.hypot(px.x - point.x, px.y - point.y) <= reach;
  }

  private handleAt(point: Point, reach: number): Address | undefined {
    const shape = this.shape;
    return shape?.addresses().find((a) => this.near(point, shape.at(a)!, reach));
  }

  private pointer(e: Pointer): void {
    const shape = this.shape;
    if (!shape) return;
    if (this.dragging) {
      this.dragTo(e);
      return;
    }
    if (shape.drawing) {
      this.map.getCanvas().style.cursor = 'crosshair';
      if (e.type === 'mousemove') this.hover(this.place(e));
      return;
    }
    const grab = this.handleAt(e.point, reachOf.mouse) ?? this.mids(shape).find((m) => this.near(e.point, m.at, reachOf.mouse));
    this.map.getCanvas().style.cursor = grab ? 'grab' : '';
  }

  /** Alt lets the pointer go where it is. */
  private place(e: Pointer): Snapped {
    const free = 'altKey' in e.originalEvent && e.originalEvent.altKey;
    if (free) return { at: [e.lngLat.lng, e.lngLat.lat], kind: 'none' };
    return this.snapper.at(e.point);
  }

  private press(e: Pointer, reach: number): void {
    const shape = this.shape;
    if (!shape || shape.drawing || ('touches' in e.originalEvent && e.originalEvent.touches.length > 1)) return;
    let at = this.handleAt(e.point, reach);
    const mid = at ? undefined : this.mids(shape).find((m) => this.near(e.point, m.at, reach));
    if (mid) {
      shape.insert(mid.where, mid.at);
      at = mid.where;
    }
    if (!at) return;
    e.preventDefault();
    this.dragging = { at, moved: mid !== undefined };
    if (mid) this.select(at);
  }

  private dragTo(e: Pointer): void {
    const { shape, dragging } = this;
    if (!shape || !dragging) return;
    const was = shape.at(dragging.at);
    if (!dragging.moved) {
      if (was && this.near(e.point, was, 3)) return;
      shape.hold();
      dragging.moved = true;
    }
    this.tip = this.place(e);
    shape.drag(dragging.at, this.tip.at);
    this.drawTip();
    this.map.getCanvas().style.cursor = 'grabbing';
  }

  private release(): void {
    if (!this.dragging) return;
    const { at, moved } = this.dragging;
    this.dragging = undefined;
    this.hover(undefined);
    this.select(at);
    if (moved) this.lastTap = Date.now();
  }

  private click(e: MapMouseEvent): void {
    const shape = this.shape;
    if (!shape) {
      this.onPick(e.point);
      return;
    }
    if (!shape.drawing) {
      if (Date.now() - this.lastTap > 300 && !this.handleAt(e.point, reachOf.touch)) this.select(undefined);
      return;
    }
    const path = shape.drawnPath();
    const last = path[path.length - 1];
    const again = last && this.near(e.point, last, 7) && Date.now() - this.lastTap < 450;
    const closing = shape.base === 'Polygon' && path.length > 2 && this.near(e.point, path[0]!, 10);
    this.lastTap = Date.now();
    if (again || closing) {
      if (shape.finish()) this.onFinish();
      return;
    }
    if (last && this.near(e.point, last, 3)) return;
    shape.append(this.place(e).at);
    if (!shape.drawing) this.onFinish();
  }

  /** Keys that act on the shape; says whether one did. */
  key(e: KeyboardEvent): boolean {
    const shape = this.shape;
    if (!shape) return false;
    const command = e.ctrlKey || e.metaKey;
    if (command && e.key.toLowerCase() === 'z') {
      if (e.shiftKey) shape.redo();
      else shape.undo();
    } else if (command && e.key.toLowerCase() === 'y') shape.redo();
    else if (command || e.altKey) return false;
    else if (shape.drawing && e.key === 'Enter') {
      if (shape.finish()) this.onFinish();
    } else if (shape.drawing && e.key === 'Backspace') shape.undo();
    else if (shape.drawing && e.key === 'Escape') {
      if (shape.drawnPath().length === 0) return false;
      shape.abandon();
    } else if (this.selected && (e.key === 'Delete' || e.key === 'Backspace')) this.removeSelected();
    else if (this.selected && e.key === 'Escape') this.select(undefined);
    else if (this.selected && e.key.startsWith('Arrow')) this.nudge(e.key, e.shiftKey ? 1 : 0.1);
    else return false;
    return true;
  }

  /** Removes the chosen vertex. */
  removeSelected(): void {
    if (!this.shape || !this.selected) return;
    this.shape.remove(this.selected);
    this.select(undefined);
  }

  /** Moves the chosen vertex by metres. */
  private nudge(key: string, step_m: number): void {
    const at = this.selected && this.shape?.at(this.selected);
    if (!at || !this.selected) return;
    const [dx, dy] = ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] } as Record<string, [number, number]>)[key] ?? [0, 0];
    const [e, n] = toPlane(at);
    this.shape?.move(this.selected, fromPlane([e + dx * step_m, n + dy * step_m]));
  }
}
