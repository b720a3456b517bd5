// Keeps what a person types: in this browser at once, on the server a moment later. Nothing typed is lost by a
// closed tab, a session that ran out or a network that failed.
import { call } from './api';
import { bodyOf } from './forms';
import { dateText } from './format';
import { byId, t } from './page';

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function snapshot(form: HTMLFormElement): Record<string, string> {
  const values: Record<string, string> = {};
  for (const f of form.querySelectorAll<Field>('[name]')) {
    if (f instanceof HTMLInputElement && (f.type === 'radio' || f.type === 'checkbox')) {
      if (f.checked) values[f.name] = f.value;
    } else if (f.type !== 'password') values[f.name] = f.value;
  }
  return values;
}

function restore(form: HTMLFormElement, values: Record<string, string>): boolean {
  let changed = false;
  for (const f of form.querySelectorAll<Field>('[name]')) {
    const value = values[f.name];
    // What the address of the page asks for goes before what was typed another time.
    if (value === undefined || f.dataset['given'] !== undefined) continue;
    if (f instanceof HTMLInputElement && (f.type === 'radio' || f.type === 'checkbox')) {
      changed ||= f.checked !== (f.value === value);
      f.checked = f.value === value;
    } else {
      changed ||= f.value !== value;
      f.value = value;
    }
  }
  return changed;
}

/** Binds a form with data-draft="KEY", and data-autosave="PUT /api/…" where the server keeps it too. */
export function keepDraft(form: HTMLFormElement): void {
  const key = `dothi-draft-${form.dataset['draft']}`;
  const state = byId('save-state');
  const auto = form.dataset['autosave']?.split(' ') as [string, string] | undefined;
  const kept = localStorage.getItem(key);
  if (kept && restore(form, JSON.parse(kept) as Record<string, string>)) {
    state.textContent = t('draft-restored');
    form.dispatchEvent(new Event('change'));
  }
  let timer = 0;
  const save = async () => {
    if (!auto) return;
    state.textContent = t('saving');
    try {
      await call(auto[0], auto[1], bodyOf(form));
      localStorage.removeItem(key);
      state.textContent = t('saved-at', { time: dateText(new Date().toISOString()) });
    } catch (e) {
      state.textContent = t('saved-here', { reason: (e as Error).message });
    }
  };
  const changed = () => {
    try {
      localStorage.setItem(key, JSON.stringify(snapshot(form)));
    } catch {
      // No storage in this browser: the server's copy is then the only one.
    }
    clearTimeout(timer);
    timer = window.setTimeout(() => void save(), 1200);
    if (!auto) state.textContent = t('kept-here');
  };
  form.addEventListener('input', changed);
  form.addEventListener('sent', () => {
    clearTimeout(timer);
    localStorage.removeItem(key);
  });
  if (kept && auto) timer = window.setTimeout(() => void save(), 400);
}
