/** The items where the condition holds, else none: for a list of which a platform decides some. */
export function onlyIf<const Item>(condition: unknown, ...items: readonly Item[]): readonly Item[] {
  return condition ? items : [];
}
