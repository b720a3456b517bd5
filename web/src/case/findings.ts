// One finding for many rows: each is recorded by itself, one after the other.
import { call } from '../lib/api';
import { bodyOf, mistakes, mistakesOf, showMistakes } from '../lib/forms';
import { t } from '../lib/page';

async function record(form: HTMLFormElement): Promise<void> {
  const boxes = [...form.querySelectorAll<HTMLInputElement>('input[data-rule]')].filter((b) => b.checked && !b.disabled);
  const out = form.querySelector<HTMLElement>('[data-out]')!;
  const body = bodyOf(form);
  if (!boxes.length) return showMistakes(form, [{ text: t('bulk-none') }]);
  const found = mistakes(form);
  if (found.length) return showMistakes(form, found);
  const button = form.querySelector<HTMLButtonElement>('button[type=submit]')!;
  button.disabled = true;
  try {
    for (const [i, box] of boxes.entries()) {
      await call('POST', form.dataset['bulk']!, { ...body, rule: box.dataset['rule'], work: box.dataset['work'] });
      box.disabled = true;
      out.textContent = t('bulk-progress', { count: i + 1, total: boxes.length });
    }
    location.reload();
  } catch (e) {
    button.disabled = false;
    showMistakes(form, mistakesOf(form, e));
  }
}

/** Binds <form data-bulk="URL"> with check boxes that name their rows. */
export function bindBulkFindings(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-bulk]')) {
    form.noValidate = true;
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      void record(form);
    });
    form.querySelector('[data-check-all]')?.addEventListener('click', () => {
      form.querySelectorAll<HTMLInputElement>('input[data-rule]').forEach((b) => (b.checked = true));
    });
  }
}
