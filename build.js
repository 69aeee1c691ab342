/** `npm run build`: src/ becomes dist/, which is put in place as a whole. */
import { execFileSync } from 'node:child_process';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleDirectory, root } from './packaging/bundle.js';

const [fresh, dist] = ['dist.new', 'dist'].map((name) => join(root, name));
rmSync(fresh, { recursive: true, force: true });
await bundleDirectory(fresh);
chmodSync(join(fresh, 'cli.js'), 0o755);
rmSync(dist, { recursive: true, force: true });
renameSync(fresh, dist);
// The man page is made by what it describes.
writeFileSync(join(dist, 'bootrelay.1'), execFileSync(process.execPath, [join(dist, 'cli.js'), 'man']));
