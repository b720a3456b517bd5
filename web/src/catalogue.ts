// The catalogue: filter while typing, addresses to copy, the small map of a layer, and the counts of its last check.
import './portal';
import { lang, t } from './lib/page';
import { el } from './lib/page';
import { withUnit } from './lib/format';

/** Folds as the server does: case and accents do not matter. */
export function fold(text: string): string {
  return text.trim().toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/đ/g, 'd');
}

function bindFilter(form: HTMLFormElement): void {
  const list = document.getElementById(form.dataset['filter'] ?? '');
  const input = form.querySelector<HTMLInputElement>('input[type=search]');
  if (!list || !input) return;
  const rows = [...list.querySelectorAll<HTMLElement>('[data-search]')];
  const filter = () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !words.every((w) => row.dataset['search']!.includes(w));
    for (const section of list.querySelectorAll<HTMLElement>('section')) {
      section.hidden = !section.querySelector('[data-search]:not([hidden])');
    }
    const found = rows.filter((r) => !r.hidden).length;
    document.getElementById('layer-count')!.textContent = t('layers-found', { count: found });
    document.getElementById('layer-none')!.hidden = found > 0;
    history.replaceState(null, '', input.value ? `?q=${encodeURIComponent(input.value)}` : location.pathname);
  };
  input.addEventListener('input', filter);
  form.addEventListener('submit', (e) => {
    e.preventDefault();
    filter();
  });
}

function bindCopy(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
    const label = button.textContent ?? '';
    button.addEventListener('click', () => {
      void (async () => {
        try {
          await navigator.clipboard.writeText(button.dataset['copy']!);
          button.textContent = t('copied');
        } catch {
          // Without https a page may not write the clipboard: the text is marked, ready for Ctrl+C.
          const text = button.parentElement?.querySelector('.copy__text');
          if (text) getSelection()?.selectAllChildren(text);
          button.textContent = t('copy-by-hand');
        }
        setTimeout(() => (button.textContent = label), 2500);
      })();
    });
  }
}

interface Rule {
  rule: string;
  kind?: string;
  severity?: string;
  count?: number;
  title?: string | Record<string, string>;
}

/** Counts of each rule in the last check; a layer that was never checked keeps what the page says. */
async function showQuality(node: HTMLElement): Promise<void> {
  const answer = await fetch(node.dataset['quality']!, { headers: { accept: 'application/json', 'accept-language': lang } });
  if (!answer.ok) return;
  const body = (await answer.json()) as Record<string, unknown>;
  const rules = (body['rules'] ?? body['counts'] ?? []) as Rule[];
  const at = body['checked_at'] ?? body['at'] ?? body['finished_at'];
  if (!at || !Array.isArray(rules)) return;
  const title = (r: Rule) => (typeof r.title === 'object' ? r.title[lang] : r.title) ?? r.rule;
  const rows = rules.map((r) => el('tr', {}, el('th', { scope: 'row' }, title(r)), el('td', { class: 'num' }, withUnit(r.count ?? 0, null, 0))));
  const checked = new Intl.DateTimeFormat(lang === 'vi' ? 'vi-VN' : 'en-GB', { dateStyle: 'short', timeStyle: 'short', timeZone: 'Asia/Ho_Chi_Minh' });
  node.replaceChildren(
    el('p', {}, t('quality-checked', { time: checked.format(new Date(String(at))) })),
    el('div', { class: 'table-wrap' }, el('table', {}, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('quality-rule')), el('th', { scope: 'col', class: 'num' }, t('quality-problems')))), el('tbody', {}, ...rows))),
  );
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-filter]')) bindFilter(form);
bindCopy();
const quality = document.getElementById('layer-quality');
if (quality) showQuality(quality).catch((e: unknown) => console.warn(e));
const container = document.getElementById('layer-map');
// The map's library is large: only a page with a map loads it.
if (container) void import('./map/layermap').then(({ layerMap }) => layerMap(container));
