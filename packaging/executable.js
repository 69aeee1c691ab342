/** An executable that needs no Node beside it: Node's own single executable applications (nodejs.org, "Single executable applications"). */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'postject';
import { bundleFile } from './bundle.js';

/** By this a Node that was built for it knows that a script is in it. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Writes bootrelay-linux-ARCHITECTURE into `output`: the Node that runs this, with bootrelay in it. */
export async function makeExecutable({ output }) {
  const work = mkdtempSync(join(tmpdir(), 'bootrelay-executable-'));
  try {
    const [script, blob, config] = ['bootrelay.cjs', 'bootrelay.blob', 'sea.json'].map((name) =>
      join(work, name),
    );
    await bundleFile(script, { script: true });
    writeFileSync(
      config,
      JSON.stringify({ main: script, output: blob, disableExperimentalSEAWarning: true }),
    );
    execFileSync(process.execPath, ['--experimental-sea-config', config], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const executable = join(output, `bootrelay-linux-${arch()}`);
    copyFileSync(process.execPath, executable);
    chmodSync(executable, 0o755);
    await inject(executable, 'NODE_SEA_BLOB', readFileSync(blob), { sentinelFuse: fuse });
  } finally {
    rmSync(work, { recursive: true });
  }
}
