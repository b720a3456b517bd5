// Importing a file: sending its parts, choosing how it is read and mapped, trying, running, undoing.
import './portal';
import { Problem, call, upload, waitForJob } from './lib/api';
import { megabytes, withUnit } from './lib/format';
import { byId, el, pageData, t } from './lib/page';

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
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== 'string' || value === '') continue;
    if (name.startsWith('map.')) map[name.slice('map.'.length)] = value;
    else settings[name] = name === 'swap_axes' ? true : value;
  }
  if (settings['crs'] === 'other') settings['crs'] = byId<HTMLInputElement>('crs-other').value.trim().toUpperCase();
  return { ...settings, map };
}

function bindForm(form: HTMLFormElement): void {
  const out = byId('import-out');
  const other = document.getElementById('crs-other') as HTMLInputElement | null;
  const start = async (task: string) => {
    form.querySelectorAll('button').forEach((b) => (b.disabled = true));
    try {
      const settings = settingsOf(form);
      if (settings['crs'] === '') throw new Problem(t('import-crs-ask'), 400);
      await call('POST', `/api/v1/imports/${form.dataset['import']}/${task}`, settings);
      location.reload();
    } catch (e) {
      form.querySelectorAll('button').forEach((b) => (b.disabled = false));
      fail(out, e);
    }
  };
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>('[data-redo]')) {
    field.addEventListener('change', () => {
      const asks = field.id === 'crs' && field.value === 'other';
      if (field.id === 'crs' && other) other.hidden = !asks;
      if (asks) other?.focus();
      // Another way of reading shows other rows, elsewhere.
      else if (form.querySelector('#import-preview, .mapping')) void start('inspect');
    });
  }
  other?.addEventListener('change', () => void start('inspect'));
  form.addEventListener('submit', (e) => {
    e.preventDefault();
    const button = e.submitter as HTMLElement | null;
    const question = button?.dataset['confirm'];
    if (question && !window.confirm(question)) return;
    void start(button?.dataset['task'] ?? 'trial');
  });
  // A trial holds for what was tried.
  form.addEventListener('change', () => {
    const run = form.querySelector<HTMLButtonElement>('[data-task=run]');
    if (run) run.disabled = true;
    document.getElementById('trial-report')?.classList.add('is-stale');
  });
}

async function follow(node: HTMLElement): Promise<void> {
  const bar = node.querySelector('progress')!;
  for (let wait = 400; ; wait = Math.min(wait * 1.3, 2000)) {
    const now = await call<Import>('GET', `/api/v1/imports/${node.dataset['await']}`);
    if (now.state !== 'queued' && now.state !== 'running') return location.reload();
    if (now.state === 'running') bar.value = now.progress;
    else bar.removeAttribute('value');
    await new Promise((r) => setTimeout(r, wait));
  }
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
      } catch (e) {
        button.disabled = false;
        fail(out, e);
      }
    })();
  });
}

const fresh = document.getElementById('import-new');
if (fresh) bindNew(fresh as HTMLFormElement);
const form = document.getElementById('import-form');
if (form) bindForm(form as HTMLFormElement);
const waiting = document.querySelector<HTMLElement>('[data-await]');
if (waiting) follow(waiting).catch((e: unknown) => fail(waiting, e));
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-undo]')) bindUndo(button);
const map = document.getElementById('import-map');
const place = pageData<{ bbox: [number, number, number, number] }>('import-place');
// The map's library is large: only a page with a map loads it.
if (map && place) void import('./map/placemap').then(({ placeMap }) => placeMap(map, place.bbox));
