// Uploading models and documents with progress, and check runs with their job.
import { Problem, call, upload, waitForJob } from '../lib/api';
import { megabytes, withUnit } from '../lib/format';
import { el, t } from '../lib/page';

/** The part of a page that shows how far a piece of work is. */
class Progress {
  private readonly bar = el('progress', { max: '1' });
  private readonly text = el('span', { role: 'status' });
  private readonly cancel = el('button', { type: 'button', class: 'link-button' }, t('cancel'));
  readonly node = el('div', { class: 'progress' }, this.text, this.bar, this.cancel);

  constructor(private readonly stop?: AbortController) {
    this.cancel.hidden = !stop;
    this.cancel.addEventListener('click', () => this.stop?.abort());
  }

  at(text: string, share?: number | null): void {
    this.text.textContent = text;
    if (share === undefined || share === null) this.bar.removeAttribute('value');
    else this.bar.value = share;
  }

  noCancel(): void {
    this.cancel.hidden = true;
  }
}

function fail(where: HTMLElement, e: unknown): void {
  const notice = el('div', { class: 'notice notice--error', role: 'alert', tabindex: '-1' }, el('h3', {}, t('error-heading')), el('p', {}, (e as Error).message));
  where.replaceChildren(notice);
  notice.focus();
}

async function followJob(answer: Record<string, unknown>, progress: Progress, text: string): Promise<void> {
  const job = answer['job'];
  if (typeof job !== 'string' && typeof job !== 'number') return;
  progress.noCancel();
  progress.at(text);
  await waitForJob(job, (now) => progress.at(now.state === 'queued' ? t('job-queued') : text, now.progress ?? null));
}

/** Reloads the page at one of its parts: the answer is drawn by the server. */
function reloadAt(part: string): void {
  history.replaceState(null, '', `${location.pathname}${location.search}#${part}`);
  location.reload();
}

async function sendFile(form: HTMLFormElement, file: File): Promise<void> {
  const out = form.querySelector<HTMLElement>('[data-out]')!;
  const limit = Number(form.dataset['limit'] ?? Number.POSITIVE_INFINITY);
  if (file.size > limit) return fail(out, new Problem(t('upload-too-large', { limit: megabytes(limit) }), 413));
  if (file.size === 0) return fail(out, new Problem(t('upload-empty'), 400));
  const stop = new AbortController();
  const progress = new Progress(stop);
  out.replaceChildren(progress.node);
  const leave = (e: BeforeUnloadEvent) => e.preventDefault();
  window.addEventListener('beforeunload', leave);
  try {
    const answer = await upload<Record<string, unknown>>(form.dataset['upload']!, file, (sent, total) => {
      const share = sent / total;
      const text = t('upload-progress', { sent: megabytes(sent), total: megabytes(total), percent: withUnit(share * 100, 'percent', 0) });
      progress.at(text, share);
    }, stop.signal);
    await followJob(answer, progress, t('model-reading'));
    window.removeEventListener('beforeunload', leave);
    reloadAt(form.dataset['part'] ?? '');
  } catch (e) {
    fail(out, e);
  } finally {
    window.removeEventListener('beforeunload', leave);
  }
}

/** Binds <form data-upload="URL"> with one file input; files may also be dropped on it. */
export function bindUploads(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-upload]')) {
    const input = form.querySelector<HTMLInputElement>('input[type=file]')!;
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      const file = input.files?.[0];
      if (file) void sendFile(form, file);
      else fail(form.querySelector('[data-out]')!, new Problem(t('upload-choose'), 400));
    });
    form.addEventListener('dragover', (e) => {
      e.preventDefault();
      form.classList.add('is-over');
    });
    form.addEventListener('dragleave', () => form.classList.remove('is-over'));
    form.addEventListener('drop', (e) => {
      e.preventDefault();
      form.classList.remove('is-over');
      const file = e.dataTransfer?.files[0];
      if (file) void sendFile(form, file);
    });
  }
}

/** Binds <button data-run="URL">: asks for a check run and waits for its verdicts. */
export function bindRuns(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-run]')) {
    const out = document.getElementById(button.dataset['out'] ?? '')!;
    button.addEventListener('click', () => {
      void (async () => {
        button.disabled = true;
        const progress = new Progress();
        out.replaceChildren(progress.node);
        progress.at(t('job-queued'));
        try {
          const answer = await call<Record<string, unknown>>('POST', button.dataset['run']!, {});
          await followJob(answer, progress, t('run-working'));
          reloadAt('checks');
        } catch (e) {
          button.disabled = false;
          fail(out, e);
        }
      })();
    });
  }
}

interface Run {
  run: string;
  state: 'queued' | 'running' | 'done' | 'failed';
}

/** Waits for a run that was under way when the page was made (the official run after `accept`, say). */
export function followOpenRuns(): void {
  for (const node of document.querySelectorAll<HTMLElement>('[data-await-run]')) {
    const progress = new Progress();
    node.replaceChildren(progress.node);
    const look = async (wait: number): Promise<void> => {
      const { runs } = await call<{ runs: Run[] }>('GET', node.dataset['runs']!);
      const now = runs.find((r) => r.run === node.dataset['awaitRun']);
      if (!now || now.state === 'done' || now.state === 'failed') return location.reload();
      progress.at(now.state === 'queued' ? t('job-queued') : t('run-working'));
      await new Promise((r) => setTimeout(r, wait));
      return look(Math.min(wait * 1.4, 3000));
    };
    look(500).catch((e: unknown) => fail(node, e));
  }
}
