// One finding for many rows: each is recorded by itself, one after the other.
import { call } from '../lib/api';
import { bodyOf, mistakesOf, showMistakes } from '../lib/forms';
import { t } from '../lib/page';

async function record(form: HTMLFormElement): Promise<void> {
  const boxes = [...form.querySelectorAll<HTMLInputElement>('input[data-rule]')].filter((b) => b.checked && !b.disabled);
  const out = form.querySelector<HTMLElement>('[data-out]')!;
  const body = bodyOf(form);
  const reason = form.querySelector<HTMLInputElement>('[name=reason]')!;
  if (!boxes.length) return showMistakes(form, [{ text: t('bulk-none') }]);
  if (!body['reason']) return showMistakes(form, [{ field: reason, text: t('field-required', { field: reason.labels?.[0]?.textContent ?? '' }) }]);
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
