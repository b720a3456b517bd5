// The search box: a combobox over /api/v1/search (parcels, communes, places), without accents too.
import { call } from '../lib/api';
import { el, t } from '../lib/page';

export interface Hit {
  kind: string;
  title: string;
  subtitle: string;
  layer: string;
  fid: number;
  /** west, south, east, north, degrees. */
  bbox: [number, number, number, number];
}

/** Binds the form with its input and list; `chosen` is called with the hit that the reader takes. */
export function searchBox(form: HTMLFormElement, chosen: (hit: Hit) => void): void {
  const input = form.querySelector('input')!;
  const list = form.querySelector<HTMLUListElement>('[role=listbox]')!;
  const status = form.querySelector<HTMLElement>('[role=status]')!;
  let hits: Hit[] = [];
  let active = -1;
  let timer = 0;
  let asked = 0;

  const close = () => {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
    active = -1;
  };
  const take = (hit: Hit | undefined) => {
    if (!hit) return;
    input.value = hit.title;
    close();
    chosen(hit);
  };
  const mark = (index: number) => {
    active = hits.length ? (index + hits.length) % hits.length : -1;
    list.querySelectorAll('li').forEach((li, i) => li.setAttribute('aria-selected', String(i === active)));
    const now = list.children[active];
    if (now) {
      input.setAttribute('aria-activedescendant', now.id);
      now.scrollIntoView({ block: 'nearest' });
    }
  };
  const show = (message?: string) => {
    list.replaceChildren(
      ...(message
        ? [el('li', { class: 'search__none' }, message)]
        : hits.map((hit, i) => {
            const li = el('li', { role: 'option', id: `hit-${i}`, 'aria-selected': 'false' }, hit.title, el('small', {}, hit.subtitle));
            li.addEventListener('pointerdown', (e) => e.preventDefault());
            li.addEventListener('click', () => take(hit));
            return li;
          })),
    );
    status.textContent = message ?? t('search-found', { count: hits.length });
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    active = -1;
  };
  const look = async () => {
    const q = input.value.trim();
    const turn = ++asked;
    if (q.length < 2) {
      close();
      return;
    }
    try {
      const found = await call<{ results: Hit[] }>('GET', `/api/v1/search?q=${encodeURIComponent(q)}&limit=12`);
      if (turn !== asked) return;
      hits = found.results;
      show(hits.length ? undefined : t('search-none', { q }));
    } catch (e) {
      if (turn !== asked) return;
      hits = [];
      show((e as Error).message);
    }
  };

  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void look(), 180);
  });
  input.addEventListener('focus', () => {
    if (hits.length && input.value.trim().length >= 2) show();
  });
  input.addEventListener('keydown', (e) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      if (list.hidden && hits.length) show();
      mark(active + (e.key === 'ArrowDown' ? 1 : active < 0 ? 0 : -1));
    } else if (e.key === 'Escape') {
      if (list.hidden) input.value = '';
      close();
    }
  });
  form.addEventListener('submit', (e) => {
    e.preventDefault();
    clearTimeout(timer);
    void (async () => {
      if (active < 0) await look();
      take(hits[Math.max(active, 0)]);
    })();
  });
  form.addEventListener('focusout', (e) => {
    if (!form.contains(e.relatedTarget as Node | null)) close();
  });
}
