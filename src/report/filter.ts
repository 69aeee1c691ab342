/** A field that finds entries of a list by their data-name. */
import { type Html, html } from './html.ts';

/** A field that hides the entries without the words in it; without the script the field is not shown. `list` is the id of the list. */
export function filterOf(list: string, label: string): Html {
  return html`<p class="filter" hidden><label>${label} <input type="search" data-filters="${list}"></label> <output></output></p>`;
}
