// What every page needs: forms that speak to the API, sign-out, drafts.
import { bindForms } from './lib/forms';
import { keepDraft } from './lib/draft';
import { watchRuns } from './lib/runs';

bindForms();
watchRuns();
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-draft]')) keepDraft(form);

// Parts of a form that belong to one choice only: data-when="name=value|value".
for (const part of document.querySelectorAll<HTMLElement>('[data-when]')) {
  const form = part.closest('form');
  const [name, values] = part.dataset['when']!.split('=') as [string, string];
  const sync = () => {
    const now = new FormData(form!).get(name);
    part.hidden = !values.split('|').includes(String(now));
  };
  form?.addEventListener('change', sync);
  sync();
}

document.querySelector<HTMLElement>('[data-focus]')?.focus();
