/** swtpm(8): a TPM 2.0 in software for a guest. */
import type { Command } from './run.ts';

/** The socket of a TPM whose state is in `directory`. */
export function tpmSocket(directory: string): string {
  return `${directory}/socket`;
}

/** A TPM that starts empty and ends when the guest does. */
export function swtpmArgs(directory: string): Command {
  const control = `type=unixio,path=${tpmSocket(directory)}`;
  return {
    program: 'swtpm',
    args: ['socket', '--tpm2', '--tpmstate', `dir=${directory}`, '--ctrl', control, '--terminate'],
  };
}
