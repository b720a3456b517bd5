// The map's style: ground, fonts, and every layer of the catalog in drawing order.
import type { LayerSpecification, SourceSpecification, StyleSpecification, VectorSourceSpecification } from 'maplibre-gl';
import type { Catalog, Layer } from './catalog';

const ranges: Record<string, string[]> = {
  vietnamese: ['U+0102-0103', 'U+0110-0111', 'U+0128-0129', 'U+0168-0169', 'U+01A0-01A1', 'U+01AF-01B0', 'U+0300-0301', 'U+0303-0304', 'U+0308-0309', 'U+0323', 'U+1EA0-1EF9', 'U+20AB'],
  'latin-ext': ['U+0100-02BA', 'U+1E00-1E9F', 'U+1EF2-1EFF', 'U+20A0-20C0'],
  latin: ['U+0000-00FF', 'U+0131', 'U+0152-0153', 'U+2000-206F', 'U+2122', 'U+2191', 'U+2193', 'U+2212'],
};

/** Map labels are drawn from the same Noto Sans files as the page, by the browser: no glyph server. */
export function fontFaces(): NonNullable<StyleSpecification['font-faces']> {
  const faces: Record<string, { url: string; 'unicode-range': string[] }[]> = {};
  const names = { Regular: '400-normal', Italic: '400-italic', Medium: '500-normal', SemiBold: '600-normal', Bold: '700-normal' };
  for (const [name, file] of Object.entries(names)) {
    faces[`Noto Sans ${name}`] = Object.entries(ranges).map(([subset, range]) => ({
      url: `${location.origin}/assets/fonts/noto-sans-${subset}-${file}.woff2`,
      'unicode-range': range,
    }));
  }
  return faces;
}

/** Areas below lines, lines below points and icons, texts on top; the catalog's order within. */
function rank(layer: LayerSpecification): number {
  if (layer.type === 'symbol' && !layer.layout?.['text-field']) return 4.5;
  return { background: 0, fill: 1, 'fill-extrusion': 3, line: 2, circle: 4, symbol: 5 }[layer.type as string] ?? 2;
}

/** The vector source of a layer. The revision keeps a tile of older data from being shown after an edit. */
export function sourceOf(layer: Layer, revision: string): VectorSourceSpecification {
  return {
    type: 'vector',
    tiles: [`${location.origin}/tiles/${layer.id}/{z}/{x}/{y}.mvt?rev=${encodeURIComponent(revision)}`],
    minzoom: Math.min(layer.min_zoom, 16),
    maxzoom: 18,
  };
}

/** Where the label points of a layer lie. */
export function labelsOf(layer: Layer, revision: string): string {
  return `${location.origin}/api/v1/layers/${layer.id}/labels?rev=${encodeURIComponent(revision)}`;
}

/** The sources that a layer is drawn from: its tiles, and its label points where it has them. */
function sourcesOf(layer: Layer, revision: string): [string, SourceSpecification][] {
  const tiles: [string, SourceSpecification] = [layer.id, sourceOf(layer, revision)];
  if (!layer.labels) return [tiles];
  return [tiles, [`${layer.id}-labels`, { type: 'geojson', data: labelsOf(layer, revision) }]];
}

/** All style layers, in drawing order; those of hidden layers are there but not visible. */
export function styleLayers(layers: Layer[], shown: (l: Layer) => boolean): LayerSpecification[] {
  const all = layers.flatMap((layer) =>
    layer.style.map((s) => ({ layer, s: withVisibility(s, shown(layer)) })),
  );
  all.sort((a, b) => rank(a.s) - rank(b.s) || a.layer.draw_order - b.layer.draw_order);
  return all.map(({ s }) => s);
}

function withVisibility(s: LayerSpecification, shown: boolean): LayerSpecification {
  return { ...s, layout: { ...s.layout, visibility: shown ? 'visible' : 'none' } } as LayerSpecification;
}

/** A style of these layers of the catalog. */
export function mapStyle(catalog: Catalog, layers: Layer[], shown: (l: Layer) => boolean): StyleSpecification {
  return {
    version: 8,
    'font-faces': fontFaces(),
    sprite: `${location.origin}/ogc/sprites/default`,
    sources: Object.fromEntries(layers.flatMap((l) => sourcesOf(l, catalog.revision))),
    layers: [{ id: 'ground', type: 'background', paint: { 'background-color': '#f3f2ec' } }, ...styleLayers(layers, shown)],
  };
}
