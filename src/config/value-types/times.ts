/** Time spans: systemd.time(7). */
import type { ValueType } from './value-type.ts';

/** Seconds from a time span as in systemd.time(7): a plain number is seconds. */
export const timeSpan: ValueType<number> = {
  name: 'time span',
  parse(text) {
    const required = 'a time span such as 90s, 1min 30s or 500ms; a plain number means seconds';
    const parts = [...text.matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]*)/gy)];
    const units = parts.map((part) => secondsPerUnit[part[2] ?? '']);
    const consumed = parts.reduce((length, part) => length + part[0].length, 0);
    if (parts.length === 0 || consumed !== text.trimEnd().length || units.includes(undefined))
      return { required };
    const seconds = parts.reduce((sum, part, index) => sum + Number(part[1]) * (units[index] ?? 0), 0);
    return seconds <= maximumSeconds
      ? { value: Math.round(seconds * 1000) / 1000 }
      : { required: `${required}, at most one day` };
  },
};

/** Seconds, none of them in part: what the kernel counts in. */
export const wholeSeconds: ValueType<number> = {
  name: 'time span of whole seconds',
  parse(text) {
    const parsed = timeSpan.parse(text);
    if (!('value' in parsed) || Number.isInteger(parsed.value)) return parsed;
    return { required: 'a time span of whole seconds, such as 10s or 1min' };
  },
};

const maximumSeconds = 86_400;

const secondsPerUnit: Readonly<Record<string, number>> = {
  '': 1,
  ms: 0.001,
  msec: 0.001,
  s: 1,
  sec: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  minute: 60,
  minutes: 60,
  h: 3600,
  hr: 3600,
  hour: 3600,
  hours: 3600,
};
