/** `npm run hostile`: how hostile kernel command lines ended. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const lab = process.env.BOOTRELAY_LAB || join(cache, 'bootrelay/lab');
process.stdout.write(readFileSync(join(lab, 'shared/hostile.txt'), 'utf8'));
