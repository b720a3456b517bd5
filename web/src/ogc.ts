// The pages of the OGC API: lists that filter, addresses to copy, maps, and the address that the form of the items makes.
import './catalogue';

/** The address that a form asks for, without the fields that are empty. */
function addressOf(form: HTMLFormElement): URL {
  const address = new URL(form.action);
  address.search = '';
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string' && value.trim()) address.searchParams.set(name, value.trim());
  }
  return address;
}

function bindItemsForm(form: HTMLFormElement): void {
  const shown = form.querySelector<HTMLElement>('[data-address]');
  const copy = form.querySelector<HTMLButtonElement>('button[data-copy]');
  const tell = () => {
    const address = addressOf(form);
    address.searchParams.delete('f');
    const text = address.toString();
    if (shown) shown.textContent = text;
    if (copy) copy.dataset['copy'] = text;
  };
  form.addEventListener('input', tell);
  tell();
  form.addEventListener('submit', (e) => {
    // The page's address then holds only what was filled in.
    e.preventDefault();
    location.assign(addressOf(form));
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-items]')) bindItemsForm(form);
const style = document.getElementById('style-map');
if (style) void import('./map/stylemap').then(({ styleMap }) => styleMap(style));
