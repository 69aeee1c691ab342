/** What a boot loader does that counts: it tries the newer slot some times, and then takes the older one. */
import type { EspFiles } from '../../disk/esp.ts';
import type { LoadedSystem } from '../loader.ts';

/** How often the newer slot is tried that was never good. */
export const tries = 3;

export interface CountingLoader {
  /** The ESP with the loader, what it starts for both slots, and the counter of slot B. */
  readonly makeEsp: (a: LoadedSystem, b: LoadedSystem) => Promise<EspFiles>;
  /** What slot A sees of the counter once slot B is given up: the key of its report, the value, and that in words. */
  readonly bad: { readonly key: string; readonly value: string; readonly statement: string };
}
