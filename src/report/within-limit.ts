/** Limits how much a page has in it: a browser is slow with more. */

/** The items, in their order, whose lengths together stay within `most` characters, and how many others there are. */
export function withinLimit<Item>(
  items: readonly Item[],
  lengthOf: (item: Item) => number,
  most: number,
): { readonly shown: readonly Item[]; readonly others: number } {
  let length = 0;
  const shown = items.filter((item) => {
    length += lengthOf(item);
    return length <= most;
  });
  return { shown, others: items.length - shown.length };
}
