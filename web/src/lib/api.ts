// Calls of the JSON API. An error is always a text that a person can act on.
import { lang, t } from './page';

/** An RFC 9457 problem, or what is nearest to it where the network failed. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** A key for one attempt. (crypto.randomUUID needs https; this also works on a plain test server.) */
function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16).padStart(8, '0')).join('');
}

async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const bilingual = body[`detail_${lang}`] ?? body['detail'] ?? body['title'];
  const text = typeof bilingual === 'string' ? bilingual : '';
  if (response.status === 401) return new Problem(t(response.url.endsWith('/login') ? 'error-login' : 'error-session'), 401, body);
  if (response.status >= 500) return new Problem(text || t('error-server'), response.status, body);
  return new Problem(text || t('error-status', { status: response.status }), response.status, body);
}

/** Sends a request and reads JSON; the session goes with the cookie. */
export async function call<T>(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  return (await exchange<T>(method, url, body, headers)).body;
}

/** As [call], with the headers of the answer. */
export async function exchange<T>(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<{ body: T; headers: Headers }> {
  const init: RequestInit & { headers: Record<string, string> } = { method, headers: { accept: 'application/json', 'accept-language': lang } };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers['content-type'] = 'application/json';
  }
  if (method !== 'GET') init.headers['idempotency-key'] = freshKey();
  Object.assign(init.headers, headers);
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new Problem(t('error-network'), 0);
  }
  if (!response.ok) throw await problemOf(response);
  const text = response.status === 204 ? '' : await response.text();
  return { body: (text ? JSON.parse(text) : undefined) as T, headers: response.headers };
}

/** Sends a file with progress (fetch cannot tell how much has gone out). */
export function upload<T>(url: string, file: File, onProgress: (sent: number, total: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', `${url}?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('accept-language', lang);
    request.setRequestHeader('content-type', file.type || 'application/octet-stream');
    request.setRequestHeader('idempotency-key', freshKey());
    request.upload.onprogress = (e) => onProgress(e.loaded, e.lengthComputable ? e.total : file.size);
    request.onerror = () => reject(new Problem(t('error-network'), 0));
    request.onabort = () => reject(new Problem(t('upload-cancelled'), 0));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve((request.responseText ? JSON.parse(request.responseText) : {}) as T);
        return;
      }
      void problemOf(new Response(request.responseText, { status: Math.max(request.status, 200) })).then(reject);
    };
    signal?.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

interface Job {
  state: 'queued' | 'running' | 'done' | 'failed';
  progress?: number | null;
  error?: unknown;
  result?: unknown;
}

/** Waits until a job has ended and gives its result; the error of a failed one becomes the exception. */
export async function waitForJob(job: string | number, onProgress: (job: Job) => void): Promise<unknown> {
  for (let wait = 300; ; wait = Math.min(wait * 1.4, 2500)) {
    const now = await call<Job>('GET', `/api/v1/jobs/${job}`);
    onProgress(now);
    if (now.state === 'done') return now.result;
    if (now.state === 'failed') throw new Problem(jobError(now.error), 422);
    await new Promise((r) => setTimeout(r, wait));
  }
}

function jobError(error: unknown): string {
  if (typeof error === 'string') return error;
  if (error && typeof error === 'object') {
    const texts = error as Record<string, unknown>;
    const found = texts[lang] ?? texts['detail'] ?? texts['message'] ?? texts['en'];
    if (typeof found === 'string') return found;
    if (found && typeof found === 'object') return jobError(found);
  }
  return t('error-server');
}
