// The catalogue: filter while typing, addresses to copy, and the small map of a layer.
import './portal';
import { t } from './lib/page';

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
    // The address of a list that the server filters too.
    if (!input.name) return;
    const address = new URL(location.href);
    if (input.value) address.searchParams.set('q', input.value);
    else address.searchParams.delete('q');
    history.replaceState(null, '', address);
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

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-filter]')) bindFilter(form);
bindCopy();
const container = document.getElementById('layer-map');
// The map's library is large: only a page with a map loads it.
if (container) void import('./map/layermap').then(({ layerMap }) => layerMap(container));
