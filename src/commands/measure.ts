/** `bootrelay measure`: the PCRs that a boot of these files leaves in a TPM. */
import { requireReadable } from '../disk/disk-image.ts';
import type { CommandResult } from '../host/result.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { type ExpectedPcrs, expectedPcrs } from '../uki/expected-pcrs.ts';

export interface MeasureArguments {
  readonly uki: string;
  readonly addon: readonly string[];
  readonly loader?: string | undefined;
  readonly secureBoot: boolean;
}

/** Values of the bank sha256. */
export async function measure({ uki, addon, loader, secureBoot }: MeasureArguments): Promise<CommandResult> {
  requireReadable('the UKI', uki);
  for (const file of addon) requireReadable('--addon', file);
  if (loader !== undefined) requireReadable('--loader', loader);
  const pcrs = await withWorkDirectory((work) =>
    expectedPcrs({ uki, addons: addon, loader, secureBoot, work }),
  );
  return {
    exitCode: 0,
    text: formatPcrs(pcrs),
    json: { command: 'measure', bank: 'sha256', pcrs },
    findings: [],
  };
}

/** One line a value, as systemd-measure has them. */
function formatPcrs(pcrs: ExpectedPcrs): string {
  const phases = pcrs[11].map(({ phase, hash }) => `11:sha256=${hash}  ${phase}\n`);
  return [`4:sha256=${pcrs[4]}\n`, ...phases, `12:sha256=${pcrs[12]}\n`].join('');
}
