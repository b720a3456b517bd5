// Importing a file: sending its parts, choosing how it is read and mapped, trying, running, undoing.
import './portal';
import { Problem, call, upload, waitForJob } from './lib/api';
import { megabytes, withUnit } from './lib/format';
import { byId, el, t } from './lib/page';

interface Import {
  state: 'new' | 'queued' | 'running' | 'done' | 'failed';
  progress: number;
}

function fail(where: HTMLElement, e: unknown): void {
  const notice = el('div', { class: 'notice notice--error', role: 'alert', tabindex: '-1' }, el('h3', {}, t('error-heading')), el('p', {}, (e as Error).message));
  where.replaceChildren(notice);
  notice.focus();
}

/** Sends one file after another; the bar shows all of them together. */
async function sendAll(id: string, files: File[], out: HTMLElement): Promise<void> {
  const bar = el('progress', { max: '1' });
  const text = el('span', { role: 'status' });
  out.replaceChildren(el('div', { class: 'progress' }, text, bar));
  const total = files.reduce((sum, f) => sum + f.size, 0);
  let before = 0;
  for (const file of files) {
    text.textContent = t('import-sending', { q: file.name });
    await upload(`/api/v1/imports/${id}/files/${encodeURIComponent(file.name)}`, file, (sent) => {
      const share = total ? (before + Math.min(sent, file.size)) / total : 1;
      bar.value = share;
      text.textContent = t('upload-progress', { sent: megabytes(before + Math.min(sent, file.size)), total: megabytes(total), percent: withUnit(share * 100, 'percent', 0) });
    });
    before += file.size;
  }
}

function bindNew(form: HTMLFormElement): void {
  const input = byId<HTMLInputElement>('files');
  const drop = byId('drop');
  const out = byId('import-out');
  let files: File[] = [];
  const choose = (chosen: FileList | null | undefined) => {
    files = [...(chosen ?? [])];
    byId('file-list').replaceChildren(...files.map((f) => el('li', {}, `${f.name} (${megabytes(f.size)})`)));
  };
  input.addEventListener('change', () => choose(input.files));
  drop.addEventListener('dragover', (e) => {
    e.preventDefault();
    drop.classList.add('is-over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('is-over'));
  drop.addEventListener('drop', (e) => {
    e.preventDefault();
    drop.classList.remove('is-over');
    choose(e.dataTransfer?.files);
  });
  form.addEventListener('submit', (e) => {
    e.preventDefault();
    void (async () => {
      const button = form.querySelector('button')!;
      const limit = Number(form.dataset['limit']);
      const leave = (event: BeforeUnloadEvent) => event.preventDefault();
      button.disabled = true;
      try {
        if (!files.length) throw new Problem(t('import-no-file'), 400);
        const large = files.find((f) => f.size > limit);
        if (large) throw new Problem(t('upload-too-large', { limit: megabytes(limit) }), 413);
        window.addEventListener('beforeunload', leave);
        const made = await call<{ id: string }>('POST', '/api/v1/imports', { layer: byId<HTMLSelectElement>('layer').value });
        await sendAll(made.id, files, out);
        await call('POST', `/api/v1/imports/${made.id}/inspect`, {});
        window.removeEventListener('beforeunload', leave);
        location.assign(`/import/${made.id}`);
      } catch (problem) {
        button.disabled = false;
        fail(out, problem);
      } finally {
        window.removeEventListener('beforeunload', leave);
      }
    })();
  });
}

/** What the form says, as the API takes it. */
function settingsOf(form: HTMLFormElement): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  const map: Record<string, string> = {};
  const drawing: { boundary_layers: string[]; text_layers: string[]; snap_m?: number } = { boundary_layers: [], text_layers: [] };
  const data = new FormData(form);
  for (const [name, value] of data) {
    if (typeof value !== 'string' || value === '' || name.startsWith('fixed.')) continue;
    const [group, member] = name.split('.', 2) as [string, string?];
    if (group === 'map' && member) map[member] = value === 'fixed' ? `'${String(data.get(`fixed.${member}`) ?? '')}'` : value;
    else if (name === 'drawing.boundary_layers') drawing.boundary_layers.push(value);
    else if (name === 'drawing.text_layers') drawing.text_layers.push(value);
    else if (name === 'drawing.snap_m') drawing.snap_m = Number(value.replace(',', '.'));
    else settings[name] = name === 'swap_axes' ? true : value;
  }
  if (settings['crs'] === 'other') settings['crs'] = otherSystem();
  return { ...settings, drawing, map };
}

/** The code that is typed, where none of the list is chosen. */
const otherSystem = () => byId<HTMLInputElement>('crs-other').value.trim().toUpperCase();

/** Key under which the place in the page waits for the page to be loaded again. */
const RETURN_TO = 'import-return-to';

/** Waits in place until the step at work has ended, then loads the page that it has led to. */
async function follow(id: string, where: HTMLElement, task: string): Promise<void> {
  const bar = where.querySelector('progress')!;
  const text = where.querySelector('[role=status]')!;
  for (let wait = 300; ; wait = Math.min(wait * 1.3, 2000)) {
    const now = await call<Import>('GET', `/api/v1/imports/${id}`);
    if (now.state !== 'queued' && now.state !== 'running') return location.reload();
    if (now.state === 'queued') bar.removeAttribute('value');
    // A look has no measure of how far it is.
    else if (task !== 'inspect') bar.value = now.progress;
    const percent = now.state === 'running' && task !== 'inspect' ? ` ${withUnit(now.progress * 100, 'percent', 0)}` : '';
    const said = now.state === 'queued' ? t('import-waiting') : t(WORDS[task] ?? 'import-looking') + percent;
    if (text.textContent !== said) text.textContent = said;
    await new Promise((r) => setTimeout(r, wait));
  }
}

const WORDS: Record<string, string> = { inspect: 'import-looking', trial: 'import-trying', run: 'import-running' };

/** The bar of a step that begins. */
function waiting(task: string): HTMLElement {
  const said = t(WORDS[task] ?? 'import-looking');
  const note = task === 'inspect' ? null : el('p', { class: 'small muted' }, t('import-may-leave'));
  return el('div', { class: 'card progress' }, el('span', { role: 'status' }, said), el('progress', { max: '1', 'aria-label': said }), note);
}

function bindForm(form: HTMLFormElement): void {
  const id = form.dataset['import']!;
  const out = byId('import-out');
  const other = document.getElementById('crs-other') as HTMLInputElement | null;
  const run = form.querySelector<HTMLButtonElement>('[data-task=run]');

  const start = async (task: string, from?: HTMLElement) => {
    const where = from?.closest('section')?.querySelector<HTMLElement>('.import-wait') ?? out;
    const settings = settingsOf(form);
    const fields = [...form.querySelectorAll<HTMLInputElement>('button, input, select')].filter((f) => !f.disabled);
    fields.forEach((f) => (f.disabled = true));
    try {
      if (settings['crs'] === '') throw new Problem(t('import-crs-ask'), 400);
      const bar = waiting(task);
      where.replaceChildren(bar);
      await call('POST', `/api/v1/imports/${id}/${task}`, settings);
      sessionStorage.setItem(RETURN_TO, task === 'inspect' ? from?.id || 'drawing' : task === 'trial' ? 'trial' : 'report');
      await follow(id, bar, task);
    } catch (e) {
      fields.forEach((f) => (f.disabled = false));
      fail(where, e);
    }
  };

  // Another way of reading shows other rows; the way of taking them only goes with the next step.
  for (const field of form.querySelectorAll<HTMLSelectElement>('[data-redo]')) {
    field.addEventListener('change', () => void (form.querySelector('#preview') && start('inspect', field)));
  }
  for (const button of form.querySelectorAll<HTMLButtonElement>('[data-look]')) button.addEventListener('click', () => void start('inspect', button));
  const crs = form.querySelector<HTMLSelectElement>('#crs');
  crs?.addEventListener('change', () => {
    if (!other) return;
    other.hidden = crs.value !== 'other';
    other.required = !other.hidden;
    if (!other.hidden) other.focus();
  });
  for (const select of form.querySelectorAll<HTMLSelectElement>('[data-map]')) {
    const fixed = select.parentElement!.querySelector<HTMLInputElement>('.fixed')!;
    select.addEventListener('change', () => {
      fixed.hidden = select.value !== 'fixed';
      fixed.required = !fixed.hidden;
      if (!fixed.hidden) fixed.focus();
    });
  }
  form.addEventListener('submit', (e) => {
    e.preventDefault();
    const button = e.submitter as HTMLElement | null;
    const question = button?.dataset['confirm'];
    if (question && !window.confirm(question)) return;
    void start(button?.dataset['task'] ?? 'trial');
  });
  // A trial holds for what was tried.
  form.addEventListener('change', () => {
    const tried = document.getElementById('trial-report');
    if (!run || !tried) return;
    run.disabled = true;
    tried.classList.add('is-stale');
    byId('try-again').hidden = false;
  });
}

/** What the server says of the shapes in a reference system. */
interface Shapes extends GeoJSON.FeatureCollection {
  crs: string | null;
  bbox: [number, number, number, number];
  guessed: boolean;
  inside: boolean;
  swapped: boolean;
  /** Name of the commune in which the middle lies. */
  commune: string | null;
}

/** The map of the first shapes, which follows the choice of the reference system. */
async function bindPlace(form: HTMLFormElement, said: HTMLElement): Promise<void> {
  // The map's library is large: only a page with a map loads it.
  const { PlaceMap } = await import('./map/placemap');
  let map: Awaited<ReturnType<typeof PlaceMap.make>>;
  const crs = byId<HTMLSelectElement>('crs');
  const swap = form.querySelector<HTMLInputElement>('[name=swap_axes]')!;
  let asked = 0;
  const say = (kind: string, text: string) => {
    said.className = `notice ${kind}`;
    said.textContent = text;
  };
  const place = async () => {
    const turn = ++asked;
    const chosen = crs.value === 'other' ? otherSystem() : crs.value;
    if (crs.value === 'other' && !chosen) return;
    const query = new URLSearchParams({ ...(chosen && { crs: chosen }), ...(swap.checked && { swap_axes: 'true' }) });
    try {
      const placed = await call<Omit<Shapes, 'bbox'> & { bbox: Shapes['bbox'] | null }>('GET', `${said.dataset['shapes']}?${query}`);
      if (turn !== asked) return;
      const value = crs.value && crs.value !== 'other' ? crs.selectedOptions[0]!.text : (placed.crs ?? '');
      const shown = placed.bbox ? { ...placed, bbox: placed.bbox } : null;
      map ??= await PlaceMap.make(byId('import-map'), shown?.bbox);
      map?.show(shown);
      said.dataset['place'] = placed.bbox ? placed.bbox.map((v) => v.toFixed(5)).join(' ') : '';
      if (!placed.crs) say('notice--warn', t('import-unknown'));
      else if (!placed.bbox) say('notice--warn', t('import-unplaced', { value }));
      else if (placed.swapped) say('notice--warn', t('import-swapped', { value }));
      else if (!placed.inside) say('notice--warn', t('import-outside', { value }));
      else if (placed.guessed) say('notice--warn', t('import-guessed', { value, q: placed.commune ?? '–' }));
      else if (placed.commune) say('notice--ok', t('import-inside-of', { value, q: placed.commune }));
      else say('notice--ok', t('import-inside', { value }));
    } catch (e) {
      if (turn !== asked) return;
      map?.show(null);
      say('notice--error', (e as Error).message);
    }
  };
  for (const field of [crs, swap, byId('crs-other')]) field.addEventListener('change', () => void place());
  await place();
}

interface Undone {
  /** Items that have their old state again, that were new, and that were gone. */
  restored: number;
  removed: number;
  reinserted: number;
  /** Items that were left alone. */
  conflicting: number;
}

function bindUndo(button: HTMLButtonElement): void {
  const out = byId('undo-out');
  button.addEventListener('click', () => {
    if (!window.confirm(button.dataset['confirm'])) return;
    void (async () => {
      button.disabled = true;
      try {
        const answer = await call<Undone | { job: string }>('POST', `/api/v1/revisions/${button.dataset['undo']}/undo`, {}, { 'dothi-client': 'portal' });
        const bar = el('progress', { max: '1', 'aria-label': t('loading') });
        if ('job' in answer) out.replaceChildren(bar);
        const done = 'job' in answer ? ((await waitForJob(answer.job, (now) => now.progress != null && (bar.value = now.progress))) as Undone) : answer;
        const text = t('import-undone', { count: done.restored + done.removed + done.reinserted, total: done.conflicting });
        out.replaceChildren(el('div', { class: 'notice notice--ok', role: 'status' }, el('p', {}, text)));
        // What is no longer so.
        document.getElementById('is-in')?.remove();
        button.hidden = true;
      } catch (e) {
        button.disabled = false;
        fail(out, e);
      }
    })();
  });
}

const fresh = document.getElementById('import-new');
if (fresh) bindNew(fresh as HTMLFormElement);
const form = document.getElementById('import-form') as HTMLFormElement | null;
if (form) bindForm(form);
const said = document.getElementById('import-place');
if (form && said) void bindPlace(form, said);
const atWork = document.querySelector<HTMLElement>('[data-await]');
if (atWork) follow(atWork.dataset['await']!, atWork, atWork.dataset['task'] ?? 'inspect').catch((e: unknown) => fail(atWork, e));
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-undo]')) bindUndo(button);
// Back to where a step was begun, or to what it came to.
const target = sessionStorage.getItem(RETURN_TO);
if (target && !atWork) {
  sessionStorage.removeItem(RETURN_TO);
  const found = document.querySelector<HTMLElement>('.notice--error[role=alert]') ?? document.getElementById(target);
  found?.focus({ preventScroll: true });
  found?.scrollIntoView({ block: found.tagName === 'H2' ? 'start' : 'center' });
}
