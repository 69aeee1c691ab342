/** With which other settings a setting counts, as data, and in words. */

/** What one other setting must be. Values are written as in a platform file. */
export type Condition<Name extends string = string, Value extends string = string> =
  | { readonly setting: Name; readonly is: readonly Value[] }
  | { readonly setting: Name; readonly isNot: readonly Value[] }
  | { readonly setting: Name; readonly set: boolean };

/** One of them must hold. The first is the one that is named where none does. */
export type Alternatives<C extends Condition = Condition> = readonly [C, ...C[]];

/** Each of them must hold. */
export type OnlyWith<C extends Condition = Condition> = readonly Alternatives<C>[];

/** The setting has one of these values. */
export function is<const Name extends string, const Value extends string>(
  setting: Name,
  ...values: readonly Value[]
): readonly [{ readonly setting: Name; readonly is: readonly Value[] }] {
  return [{ setting, is: values }];
}

/** The setting has none of these values. */
export function isNot<const Name extends string, const Value extends string>(
  setting: Name,
  ...values: readonly Value[]
): readonly [{ readonly setting: Name; readonly isNot: readonly Value[] }] {
  return [{ setting, isNot: values }];
}

/** The setting has a value. */
export function isSet<const Name extends string>(
  setting: Name,
): readonly [{ readonly setting: Name; readonly set: true }] {
  return [{ setting, set: true }];
}

/** The setting has no value. */
export function isUnset<const Name extends string>(
  setting: Name,
): readonly [{ readonly setting: Name; readonly set: false }] {
  return [{ setting, set: false }];
}

/** The first of them holds, or the second. */
export function either<const A extends Condition, const B extends Condition>(
  [first]: readonly [A],
  [second]: readonly [B],
): readonly [A, B] {
  return [first, second];
}

/** The texts of a setting's values, by its name; none where it is unset. */
export type ValuesOf = (setting: string) => readonly string[];

function holds(condition: Condition, valuesOf: ValuesOf): boolean {
  const values = valuesOf(condition.setting);
  if ('set' in condition) return values.length > 0 === condition.set;
  if ('is' in condition) return values.some((value) => condition.is.includes(value));
  return !values.some((value) => condition.isNot.includes(value));
}

/** The condition because of which a setting does not count; undefined where it counts. */
export function unmetCondition(onlyWith: OnlyWith, valuesOf: ValuesOf): Condition | undefined {
  const unmet = onlyWith.find((conditions) => !conditions.some((condition) => holds(condition, valuesOf)));
  return unmet?.[0];
}

/** What there is instead of what `condition` wants: `with Verity.Verity=no`, `without Verity.FecDevice`. */
export function formatUnmet({ setting }: Condition, valuesOf: ValuesOf): string {
  const values = valuesOf(setting);
  return values.length === 0 ? `without ${setting}` : `with ${setting}=${values.join(' ')}`;
}

/** The value that makes `condition` hold, as a platform file has it; undefined where it names none. */
export function formatRemedy(condition: Condition): string | undefined {
  return 'is' in condition ? `${condition.setting}=${condition.is[0]}` : undefined;
}

/** A sentence for the reference; an empty text where the setting counts always. */
export function formatOnlyWith(onlyWith: OnlyWith): string {
  const parts = onlyWith.map((conditions) => conditions.map(formatCondition).join(' or '));
  const last = parts.pop();
  return last === undefined ? '' : `Counts only ${[parts.join(', '), last].filter(Boolean).join(', and ')}.`;
}

function formatCondition(condition: Condition): string {
  const { setting } = condition;
  if ('set' in condition) return `${condition.set ? 'with' : 'without'} a \`${setting}\``;
  const [first = '', ...more] = 'is' in condition ? condition.is : condition.isNot;
  const values = [`\`${setting}=${first}\``, ...more.map((value) => `\`${value}\``)].join(' or ');
  return 'is' in condition ? `with ${values}` : `without ${values}`;
}
