// Forms that speak to the JSON API: <form data-api="POST /api/v1/…" data-then="/page|reload">.
// A field's name is its place in the body (`form.height_m`); data-type says what it is in JSON.
import { Problem, call, waitForJob } from './api';
import { el, t } from './page';

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** A number as people type it: decimal comma or point, spaces between thousands. */
export function parseNumber(text: string): number {
  const plain = text.replace(/[\s\u00a0]/g, '');
  const normal = plain.includes(',') ? plain.replace(/\./g, '').replace(',', '.') : plain;
  return normal === '' ? Number.NaN : Number(normal);
}

function valueOf(field: Field): unknown {
  const text = field.value.trim();
  switch (field.dataset['type']) {
    case 'number':
      return text === '' ? undefined : parseNumber(text);
    case 'bool':
      return (field as HTMLInputElement).checked;
    case 'list':
      return text.split(/[\n,;]/).map((s) => s.trim()).filter(Boolean);
    case 'lines':
      return text.split('\n').map((s) => s.trim()).filter(Boolean);
    case 'json':
      return text === '' ? undefined : JSON.parse(text);
    default:
      return text === '' && field.dataset['keepEmpty'] === undefined ? undefined : text;
  }
}

function put(into: Record<string, unknown>, path: string, value: unknown): void {
  const parts = path.split('.');
  const last = parts.pop()!;
  let at = into;
  for (const part of parts) at = (at[part] ??= {}) as Record<string, unknown>;
  at[last] = value;
}

function fieldsOf(form: HTMLFormElement): Field[] {
  return [...form.elements].filter(
    (f): f is Field => (f instanceof HTMLInputElement || f instanceof HTMLSelectElement || f instanceof HTMLTextAreaElement) && f.name !== '',
  );
}

/** The form as the JSON body that its field names describe. */
export function bodyOf(form: HTMLFormElement): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const field of fieldsOf(form)) {
    if (field instanceof HTMLInputElement && field.type === 'radio' && !field.checked) continue;
    if (field instanceof HTMLInputElement && field.type === 'checkbox' && field.dataset['type'] === 'item') {
      if (field.checked) put(body, field.name, [...((body[field.name] as unknown[]) ?? []), field.value]);
      continue;
    }
    const value = valueOf(field);
    if (value !== undefined) put(body, field.name, value);
  }
  const grounds = form.querySelector<HTMLElement>('[data-grounds]');
  if (grounds) body['grounds'] = groundsOf(grounds);
  return body;
}

/** Grounds of a refusal: the rows that are ticked, and one in the officer's own words. */
function groundsOf(part: HTMLElement): Record<string, unknown>[] {
  const grounds: Record<string, unknown>[] = [...part.querySelectorAll<HTMLInputElement>('[data-ground-rule]')]
    .filter((box) => box.checked)
    .map(({ dataset: d }) => ({ rule: d['groundRule'], clause: d['groundClause'], text: { vi: d['groundVi'], en: d['groundEn'] } }));
  const clause = part.querySelector<HTMLInputElement>('[data-ground-clause-text]')?.value.trim();
  const text = part.querySelector<HTMLInputElement>('[data-ground-text]')?.value.trim();
  if (clause || text) grounds.push({ clause: clause ?? '', text: { vi: text ?? '', en: text ?? '' } });
  return grounds;
}

export interface Mistake {
  field?: Field;
  text: string;
}

function labelOf(field: Field): string {
  return field.labels?.[0]?.textContent?.trim() ?? field.name;
}

/** What the browser itself can tell is wrong. */
export function mistakes(form: HTMLFormElement): Mistake[] {
  const found: Mistake[] = [];
  for (const field of fieldsOf(form)) {
    if (field.disabled || field.closest('[hidden]')) continue;
    const text = field.value.trim();
    if (field.type === 'radio') {
      const group = [...form.querySelectorAll<HTMLInputElement>(`input[type=radio][name="${field.name}"]`)];
      if (field.required && group[0] === field && !group.some((r) => r.checked)) {
        const legend = field.closest('fieldset')?.querySelector('legend')?.textContent ?? field.name;
        found.push({ field, text: t('field-required', { field: legend }) });
      }
      continue;
    }
    if (field.required && (field.type === 'checkbox' ? !(field as HTMLInputElement).checked : text === '')) {
      found.push({ field, text: t('field-required', { field: labelOf(field) }) });
    } else if (field.dataset['type'] === 'number' && text !== '') {
      const value = parseNumber(text);
      const min = Number(field.dataset['min'] ?? Number.NEGATIVE_INFINITY);
      if (Number.isNaN(value)) found.push({ field, text: t('field-number', { field: labelOf(field) }) });
      else if (value < min) found.push({ field, text: t('field-min', { field: labelOf(field), min }) });
    }
  }
  return found;
}

function clearMistakes(form: HTMLFormElement): void {
  form.querySelector('.error-summary')?.remove();
  form.querySelectorAll('.error-text').forEach((n) => n.remove());
  form.querySelectorAll('.field--error').forEach((n) => n.classList.remove('field--error'));
  form.querySelectorAll('[aria-invalid]').forEach((n) => n.removeAttribute('aria-invalid'));
}

function markField({ field, text }: Mistake): void {
  const box = field?.closest('.field');
  if (!field || !box) return;
  const id = `${field.id}-error`;
  box.classList.add('field--error');
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', id);
  (field.closest('.with-unit') ?? field).before(el('span', { class: 'error-text', id }, text));
}

/** Shows what is wrong at the head of the form, beside each field, and takes the reader there. */
export function showMistakes(form: HTMLFormElement, found: Mistake[]): void {
  clearMistakes(form);
  const items = found.map((m) => {
    markField(m);
    return el('li', {}, m.field ? el('a', { href: `#${m.field.id}` }, m.text) : m.text);
  });
  const summary = el('div', { class: 'notice notice--error error-summary', role: 'alert', tabindex: '-1' }, el('h3', {}, t('error-heading')), el('ul', {}, ...items));
  form.prepend(summary);
  summary.focus();
  summary.addEventListener('click', (e) => {
    const href = (e.target as HTMLElement).closest('a')?.getAttribute('href');
    if (!href) return;
    e.preventDefault();
    document.getElementById(href.slice(1))?.focus();
  });
}

/** The field that a problem's place (`form/height_m`, `/form/height_m`, `form.height_m`) means. */
function fieldAt(form: HTMLFormElement, place: unknown): Field | undefined {
  if (typeof place !== 'string') return undefined;
  const path = place.replace(/^[#/]+/, '').replace(/\//g, '.');
  return fieldsOf(form).find((f) => f.name === path || f.name.endsWith(`.${path}`));
}

/** Mistakes that a problem of the API names. */
export function mistakesOf(form: HTMLFormElement, e: unknown): Mistake[] {
  if (!(e instanceof Problem)) return [{ text: (e as Error).message }];
  const listed = e.body['errors'] ?? e.body['missing'];
  const field = fieldAt(form, e.body['name'] ?? e.body['pointer'] ?? e.body['parameter']);
  // Programs need the parameter's name in the text; beside its field it says nothing.
  const name = `${String(e.body['parameter'])}: `;
  const text = field && e.message.startsWith(name) ? e.message.slice(name.length) : e.message;
  const found: Mistake[] = [{ text: text.charAt(0).toUpperCase() + text.slice(1), field }];
  if (Array.isArray(listed)) {
    for (const one of listed as unknown[]) {
      const entry = typeof one === 'object' && one !== null ? (one as Record<string, unknown>) : { detail: one };
      const text = entry['detail'] ?? entry['message'] ?? entry['rule'] ?? entry['reason'];
      if (typeof text === 'string') found.push({ text, field: fieldAt(form, entry['name'] ?? entry['pointer']) });
    }
  }
  return found;
}

/** Waits for a job with a bar at the foot of the form, and gives its result. */
async function followed(form: HTMLFormElement, job: string): Promise<Record<string, unknown>> {
  const bar = el('progress', { max: '1', 'aria-labelledby': 'job-state' });
  const state = el('p', { id: 'job-state', role: 'status' }, t('job-queued'));
  // Leaving does not stop the work: who waits may know that.
  const box = el('div', { class: 'job-state' }, state, bar, el('p', { class: 'small muted' }, t('work-goes-on')));
  // "Cancel" would promise more than it does.
  const actions = form.querySelector<HTMLElement>('.actions');
  if (actions) actions.hidden = true;
  form.append(box);
  box.scrollIntoView({ block: 'nearest' });
  try {
    const told = (now: { state: string; progress?: number | null }) => {
      if (now.state === 'queued') return;
      bar.value = now.progress ?? 0;
      const text = t('work-running', { percent: Math.round(bar.value * 100) });
      if (state.textContent !== text) state.textContent = text;
    };
    return ((await waitForJob(job, told)) ?? {}) as Record<string, unknown>;
  } finally {
    box.remove();
    if (actions) actions.hidden = false;
  }
}

/**
 * The page that tells more of a refusal than its text does, where the form names one for that parameter:
 * data-refused="parameter=/page?value={field}".
 */
function toldElsewhere(form: HTMLFormElement, e: unknown): string | undefined {
  const [parameter, page] = form.dataset['refused']?.split(/=(.*)/s) ?? [];
  if (!page || !(e instanceof Problem) || e.body['parameter'] !== parameter) return undefined;
  const values = new FormData(form);
  return page.replace(/\{(\w+)\}/g, (_, k: string) => encodeURIComponent(String(values.get(k) ?? '').trim()));
}

/** Shows a secret in place of the form that asked for it, this once. */
function reveal(form: HTMLFormElement, secret: string): void {
  const field = el('input', { type: 'text', readonly: true, id: 'secret', value: secret, class: 'mono', spellcheck: 'false' });
  const told = el('p', { role: 'status', class: 'small muted' });
  const copy = el('button', { type: 'button', class: 'button' }, t('secret-copy'));
  copy.addEventListener('click', () => {
    field.select();
    // Without https browsers offer no clipboard: then the text stays selected for the keyboard.
    const done = navigator.clipboard?.writeText(secret) ?? Promise.reject(new Error('no clipboard'));
    done.then(
      () => (told.textContent = t('secret-copied')),
      () => (told.textContent = t('secret-selected')),
    );
  });
  const box = el(
    'div',
    { class: 'notice notice--ok', tabindex: '-1' },
    el('h2', {}, t('secret-heading')),
    el('p', {}, t('secret-once')),
    el('div', { class: 'field' }, el('label', { for: 'secret' }, t('secret-label')), field),
    el('div', { class: 'actions' }, copy, el('a', { href: location.pathname, class: 'button button--plain' }, t('secret-done'))),
    told,
  );
  form.replaceWith(box);
  box.focus();
}

async function send(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const found = mistakes(form);
  if (found.length) return showMistakes(form, found);
  const question = submitter?.dataset['confirm'] ?? form.dataset['confirm'];
  if (question && !window.confirm(question)) return;
  const [method, url] = form.dataset['api']!.split(' ') as [string, string];
  const buttons = [...form.querySelectorAll<HTMLButtonElement>('button')];
  buttons.forEach((b) => (b.disabled = true));
  clearMistakes(form);
  try {
    let answer = (await call<Record<string, unknown>>(method, url, bodyOf(form))) ?? {};
    // The page waits for a job whose result it goes on with; other jobs are followed where they belong.
    if (form.dataset['await'] !== undefined && answer['job']) answer = await followed(form, String(answer['job']));
    form.dispatchEvent(new CustomEvent('sent', { bubbles: true }));
    if (form.dataset['reveal']) return reveal(form, String(answer[form.dataset['reveal']] ?? ''));
    const next = (form.dataset['then'] ?? 'reload').replace(/\{(\w+)\}/g, (_, k: string) => encodeURIComponent(String(answer[k] ?? '')));
    if (next === 'reload') {
      if (form.dataset['at']) history.replaceState(null, '', `#${form.dataset['at']}`);
      location.reload();
    }
    else if (next !== 'stay') location.assign(next);
    else buttons.forEach((b) => (b.disabled = false));
  } catch (e) {
    buttons.forEach((b) => (b.disabled = false));
    const told = toldElsewhere(form, e);
    if (told) return location.assign(told);
    showMistakes(form, mistakesOf(form, e));
  }
}

/** Binds every form of the page that speaks to the API. */
export function bindForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-api]')) {
    form.noValidate = true;
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      void send(form, e.submitter);
    });
  }
}
