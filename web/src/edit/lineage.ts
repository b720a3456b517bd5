// Where an item comes from and what became of it, by splits and merges.
import { dateText } from '../lib/format';
import { el, t } from '../lib/page';
import { lineage, type Lineage } from './server';

type Step = Lineage['before'][number];

/** A part of the panel that is read when it is opened. */
export function lineageNode(layer: { id: string }, fid: number, open: (fid: number) => void): HTMLElement {
  const body = el('div', {}, el('p', { class: 'muted small' }, t('loading')));
  const details = el('details', { class: 'edit-lineage' }, el('summary', {}, t('lineage')), body);
  let read = false;
  details.addEventListener('toggle', () => {
    if (!details.open || read) return;
    read = true;
    lineage(layer.id, fid).then(
      (found) => body.replaceChildren(...nodes(found, fid, open)),
      (e: Error) => {
        read = false;
        body.replaceChildren(el('p', { class: 'notice notice--error' }, e.message));
      },
    );
  });
  return details;
}

function nodes(found: Lineage, fid: number, open: (fid: number) => void): HTMLElement[] {
  const steps = [...found.before, ...found.after];
  if (steps.length === 0) return [el('p', { class: 'muted small' }, t('lineage-none'))];
  return [el('ol', { class: 'edit-steps' }, ...steps.map((s) => step(s, fid, open)))];
}

function step(s: Step, fid: number, open: (fid: number) => void): HTMLElement {
  const what = s.predecessors.length > 1 ? 'lineage-merged' : 'lineage-split';
  const names = (list: Step['successors']): (Node | string)[] =>
    list.flatMap((item, i) => {
      const name = item.label && !item.title.includes(item.label) ? `${item.title} (${item.label})` : item.title;
      const link = el('button', { type: 'button', class: 'link-button' }, name);
      link.addEventListener('click', () => open(item.fid));
      // One that is gone lies on no map: its history tells of it, to who may read that.
      const gone = el('s', { title: t('lineage-gone') }, item.history ? el('a', { href: item.history }, name) : name);
      const node: Node = item.fid === fid ? el('strong', {}, name) : item.current ? link : gone;
      return i > 0 ? [', ', node] : [node];
    });
  return el(
    'li',
    {},
    el('span', { class: 'small muted' }, `${dateText(s.at)}${s.by ? `, ${s.by}` : ''}`),
    el('span', {}, `${t(what)}: `, ...names(s.predecessors), ' → ', ...names(s.successors)),
    s.reason ? el('span', { class: 'small muted' }, s.reason) : false,
  );
}
