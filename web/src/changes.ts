// The pages of one change and of an item's life: the map of what changed.
import './portal';
import { el } from './lib/page';

const container = document.getElementById('change-map');
// The map's library is large: only a page with a map loads it.
if (container) {
  import('./map/changemap')
    .then(({ changeMap }) => changeMap(container))
    .catch((e: Error) => container.replaceChildren(el('p', { class: 'notice notice--error' }, e.message)));
}
