/** What is read of a CycloneDX bill: packages, and the files that are in none. The format is not bootrelay's own. */
import * as v from 'valibot';

const component = v.looseObject({
  type: v.string(),
  name: v.string(),
  version: v.optional(v.string()),
  purl: v.optional(v.string()),
});

export const billSchema = v.looseObject({
  bomFormat: v.literal('CycloneDX'),
  specVersion: v.string(),
  components: v.array(component),
  metadata: v.optional(
    v.looseObject({
      properties: v.optional(v.array(v.looseObject({ name: v.string(), value: v.optional(v.string()) }))),
    }),
  ),
});
