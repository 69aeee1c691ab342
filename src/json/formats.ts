/** How a JSON file of bootrelay is read back. */
import * as v from 'valibot';
import { type FormatName, formatNames } from './format-names.ts';

/** A schema with `format` in it. */
export type FormatSchema = v.GenericSchema<unknown, { readonly format: string }>;

export type ReadJson<Value> = { readonly value: Value } | { readonly problem: string };

/** The value in a text of that format, or what is wrong with it, as the end of a sentence that begins with the file's name. */
export function parseFormat<Schema extends FormatSchema>(
  text: string,
  name: FormatName,
  schema: Schema,
): ReadJson<v.InferOutput<Schema>> {
  const json = parseJson(text);
  if (json === undefined) return { problem: 'is no JSON, or is cut off' };
  const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined;
  if (format !== formatNames[name]) return { problem: otherFormat(name, format) };
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return { value: parsed.output };
  const place = v.getDotPath(parsed.issues[0]);
  return { problem: `is damaged${place === null ? '' : ` (at ${place})`}: ${parsed.issues[0].message}` };
}

function otherFormat(name: FormatName, format: unknown): string {
  const wanted = `this bootrelay reads ${formatNames[name]}`;
  return typeof format === 'string'
    ? `is of the format ${format.replace(/[^\x20-\x7e]/g, '?')}, and ${wanted}: make it again`
    : `says no format, and ${wanted}: it was written by bootrelay 0.1 and must be made again, or is something else`;
}

/** The value of a text; undefined where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
