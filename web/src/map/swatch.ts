// A layer's key in the legend, drawn from its style.
import type { LayerSpecification } from 'maplibre-gl';
import type { Layer } from './catalog';

const ns = 'http://www.w3.org/2000/svg';

/** The first literal colour of a style value: expressions end in their default, which is shown. */
function colourOf(value: unknown): string | undefined {
  if (typeof value === 'string') return /^(#|rgb|hsl)/.test(value) ? value : undefined;
  if (!Array.isArray(value)) return undefined;
  for (const part of [...value].reverse()) {
    const found = colourOf(part);
    if (found) return found;
  }
  return undefined;
}

function paint(style: LayerSpecification | undefined, key: string): unknown {
  return (style?.paint as Record<string, unknown> | undefined)?.[key];
}

function shape(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS(ns, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** The key: an area, a line, an icon or a dot in the layer's colours. */
export function swatch(layer: Layer): SVGElement {
  const svg = shape('svg', { class: 'swatch', viewBox: '0 0 22 18', 'aria-hidden': 'true' });
  const of = (type: string) => layer.style.find((s) => s.type === type);
  const icon = layer.style.map((s) => (s.layout as Record<string, unknown> | undefined)?.['icon-image']).find((name) => typeof name === 'string');
  const fill = of('fill') ?? of('fill-extrusion');
  const line = of('line');
  const lineColour = colourOf(paint(line, 'line-color'));
  if (fill) {
    const colour = colourOf(paint(fill, 'fill-color') ?? paint(fill, 'fill-extrusion-color')) ?? '#ccc';
    const stroke = lineColour ?? colourOf(paint(fill, 'fill-outline-color')) ?? colour;
    svg.append(shape('rect', { x: '2', y: '2', width: '18', height: '14', fill: colour, 'fill-opacity': '0.75', stroke, 'stroke-width': '1.5' }));
  } else if (line) {
    const dash = paint(line, 'line-dasharray') ? { 'stroke-dasharray': '5 2.5' } : {};
    svg.append(shape('path', { d: 'M1 14 L8 5 L13 12 L21 4', fill: 'none', stroke: lineColour ?? '#666', 'stroke-width': '2.2', ...dash } as Record<string, string>));
  } else if (icon) {
    svg.append(shape('image', { href: `/ogc/sprites/${icon}.svg`, x: '2', y: '0', width: '18', height: '18' }));
  } else {
    const circle = of('circle');
    const symbol = of('symbol');
    const colour = colourOf(paint(circle, 'circle-color')) ?? colourOf(paint(symbol, 'text-color')) ?? '#555';
    const stroke = colourOf(paint(circle, 'circle-stroke-color')) ?? '#fff';
    svg.append(shape('circle', { cx: '11', cy: '9', r: '5.5', fill: colour, stroke, 'stroke-width': '1.5' }));
  }
  return svg;
}
