/** Types of values that end up in units and account files of a full initrd. */
import { type ValueType, wordPattern, words } from './value-type.ts';

export const unitName = wordPattern(
  'unit',
  /^[A-Za-z0-9:_.\\-]+@?[A-Za-z0-9:_.\\-]*\.(service|socket|mount|automount|target|path|timer|swap|device|slice|scope)$/,
  'the name of a systemd unit with its type, such as ldconfig.service',
);

/** A user or a group with its number. */
export interface Account {
  readonly name: string;
  readonly id: number;
}

/** `NAME:ID`. */
export const account: ValueType<Account> = {
  name: 'NAME:ID',
  format: ({ name, id }) => `${name}:${id}`,
  split: words,
  parse(text) {
    const match = /^([a-z_][a-z0-9_-]{0,30}):(\d{1,9})$/.exec(text);
    return match
      ? { value: { name: match[1] as string, id: Number(match[2]) } }
      : { required: 'a name of small letters, digits, _ and -, a colon and a number, such as disk:6' };
  },
};

/** One setting of a unit. */
export interface UnitSetting {
  readonly unit: string;
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** `UNIT SECTION.KEY=VALUE`. */
export const unitSetting: ValueType<UnitSetting> = {
  name: 'UNIT SECTION.KEY=VALUE',
  format: ({ unit, section, key, value }) => `${unit} ${section}.${key}=${value}`,
  parse(text) {
    const match = /^(\S+) +([A-Z][A-Za-z]*)\.([A-Z][A-Za-z0-9]*)=(.*)$/.exec(text);
    const [unit = '', section = '', key = '', value = ''] = match?.slice(1) ?? [];
    const plain = match !== null && !('required' in unitName.parse(unit)) && !value.endsWith('\\');
    return plain
      ? { value: { unit, section, key, value: value.trim() } }
      : { required: 'a unit, a space, and a setting of it such as Service.TimeoutStartSec=5s' };
  },
};
