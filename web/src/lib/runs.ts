// Quality runs that are at work: the bar moves on, and the page is read anew when the run is over.
interface Answer {
  running: { state: string; progress: number } | null;
}

const EVERY_MS = 1000;

async function watch(node: HTMLElement): Promise<void> {
  const answer = await fetch(node.dataset['qualityRun']!, { headers: { accept: 'application/json' } });
  if (!answer.ok) return;
  const { running } = (await answer.json()) as Answer;
  if (!running) return location.reload();
  const bar = node.querySelector('progress');
  if (bar) bar.value = running.progress;
  setTimeout(() => void watch(node), EVERY_MS);
}

/** Watches every run that the page shows. */
export function watchRuns(): void {
  for (const node of document.querySelectorAll<HTMLElement>('[data-quality-run]')) setTimeout(() => void watch(node), EVERY_MS);
}
