// What the server put into the page for the scripts: texts in the reader's language and data.

/** Language of the page. */
export const lang: 'vi' | 'en' = document.documentElement.lang === 'en' ? 'en' : 'vi';

/** Parses the JSON block with this id; `undefined` where the page has none. */
export function pageData<T>(id: string): T | undefined {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : undefined;
}

const texts = pageData<Record<string, string>>('texts') ?? {};

/** The text called `key`, with `{name}` replaced. A missing key shows itself, so that a test finds it. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const text = texts[key] ?? `⟨${key}⟩`;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

/** The element with this id, of this class; the page is wrong where it is missing. */
export function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

type Child = Node | string | null | undefined | false;

/** Makes an element with attributes and children; texts are never read as HTML. */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string | boolean | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((c): c is Node | string => c !== null && c !== undefined && c !== false));
  return made;
}
