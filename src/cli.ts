#!/usr/bin/env node
/** argv -> a lazily imported command -> an exit code. */
import yargs, { type Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import type { CommandResult, ExitCode } from './commands/result.ts';

/** Runs a command and prints its result; errors that a user can act on become messages and exit codes. */
async function finish(command: Promise<CommandResult>, asJson: boolean): Promise<void> {
  const { printResult } = await import('./commands/result.ts');
  try {
    process.exitCode = printResult(await command, asJson);
  } catch (error) {
    process.exitCode = reportError(error);
  }
}

/** Exit codes of errors by name: no import of the modules that throw them. */
const exitCodeByError: Readonly<Record<string, ExitCode>> = { UsageError: 2, ToolError: 3 };

function reportError(error: unknown): ExitCode {
  // A file that is not there or cannot be written: the system's own words name it.
  const system = error instanceof Error && 'syscall' in error && 'code' in error;
  const code = system ? 2 : error instanceof Error ? exitCodeByError[error.name] : undefined;
  if (!(error instanceof Error) || code === undefined) throw error;
  process.stderr.write(`bootrelay: ${error.message}\n`);
  return code;
}

function withSettings<T>(command: Argv<T>) {
  return command
    .option('set', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'Section.Key=value: override a setting, after all files',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print the result as JSON' });
}

function withPlatforms<T>(command: Argv<T>) {
  const positional = command.positional('platforms', {
    type: 'string',
    array: true,
    demandOption: true,
    describe: 'platform files',
  });
  return withSettings(positional);
}

function withPlatform<T>(command: Argv<T>) {
  const positional = command.positional('platform', {
    type: 'string',
    demandOption: true,
    describe: 'platform file',
  });
  return withSettings(positional);
}

function withSysroot<T>(command: Argv<T>) {
  return command
    .option('sysroot', {
      type: 'string',
      demandOption: true,
      describe: 'the built system: programs, libraries, kernel modules',
    })
    .option('kernel', {
      type: 'string',
      demandOption: true,
      describe: 'kernel version, a directory of usr/lib/modules',
    });
}

/** A number above 0; anything else is wrong usage. */
function positive(option: string): (value: number) => number {
  return (value) => {
    if (value > 0 && Number.isFinite(value)) return value;
    process.stderr.write(`bootrelay: --${option} must be a number above 0\n`);
    process.exit(2);
  };
}

const outputDirectory = {
  alias: 'o',
  type: 'string',
  demandOption: true,
  describe: 'directory to write to; it is replaced as a whole',
} as const;

await yargs(hideBin(process.argv))
  .scriptName('bootrelay')
  .usage('$0 COMMAND\n\nFrom one INI file per platform to a booted two-stage machine.')
  .command(
    'render <platforms..>',
    'Write what will run, for review, to DIR/NAME/',
    (command) =>
      withPlatforms(command).option('output', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        describe: 'directory to write to; DIR/NAME/ is replaced as a whole',
      }),
    (args) =>
      finish(
        import('./commands/render.ts').then(({ render }) => render(args)),
        args.json,
      ),
  )
  .command(
    'new <file>',
    'Write a platform file: asks a few questions on a terminal',
    (command) =>
      withSettings(
        command.positional('file', {
          type: 'string',
          demandOption: true,
          describe: 'NAME.ini, which must not exist',
        }),
      ),
    (args) =>
      finish(
        import('./commands/new.ts').then(({ createPlatform }) => createPlatform(args)),
        args.json,
      ),
  )
  .command(
    'check <platforms..>',
    'Print findings only; with a sysroot also what it lacks',
    (command) =>
      withPlatforms(command)
        .option('sysroot', { type: 'string', describe: 'the built system to check against' })
        .option('kernel', { type: 'string', describe: 'kernel version, a directory of usr/lib/modules' })
        .option('image', {
          type: 'string',
          describe: 'packed full initrd, to compare a thin one with the /usr of the sysroot',
        })
        .option('format', {
          choices: ['text', 'sarif', 'github'] as const,
          default: 'text' as const,
          describe: 'how findings are printed: SARIF 2.1.0, or annotations of GitHub Actions',
        })
        .option('allow', {
          type: 'string',
          array: true,
          nargs: 1,
          default: [],
          describe:
            'a kind of finding that is fine for this machine: debug-enabled, root-hash-unsigned, shell-without-password',
        }),
    (args) =>
      finish(
        import('./commands/check.ts').then(({ check }) => check(args)),
        args.json,
      ),
  )
  .command(
    'settings',
    'Print the reference of all settings',
    (command) => command.option('json', { type: 'boolean', default: false, describe: 'print it as JSON' }),
    (args) =>
      finish(
        import('./commands/settings.ts').then(({ settings }) => settings()),
        args.json,
      ),
  )
  .command(
    'failures [reason]',
    'Print why a boot stops, and what to do',
    (command) =>
      command
        .positional('reason', {
          type: 'string',
          describe: 'a reason, as the console shows it; all without it',
        })
        .option('json', { type: 'boolean', default: false, describe: 'print it as JSON' }),
    (args) =>
      finish(
        import('./commands/failures.ts').then(({ failures }) => failures(args)),
        args.json,
      ),
  )
  .command(
    'findings',
    'Print every kind of finding, and what to do',
    (command) => command.option('json', { type: 'boolean', default: false, describe: 'print them as JSON' }),
    (args) =>
      finish(
        import('./commands/findings.ts').then(({ findings }) => findings()),
        args.json,
      ),
  )
  .command(
    'help <topic>',
    'Explain a finding, a reason, a setting (Section.Key) or a fault',
    (command) =>
      command
        .positional('topic', { type: 'string', demandOption: true, describe: 'its name' })
        .option('json', { type: 'boolean', default: false, describe: 'print it as JSON' }),
    (args) =>
      finish(
        import('./commands/help.ts').then(({ help }) => help(args)),
        args.json,
      ),
  )
  .command(
    'faults',
    'Print the faults that boot --fault injects',
    (command) => command.option('json', { type: 'boolean', default: false, describe: 'print them as JSON' }),
    (args) =>
      finish(
        import('./commands/faults.ts').then(({ faults }) => faults()),
        args.json,
      ),
  )
  .command(
    'show <platform>',
    'Print the effective settings',
    (command) =>
      withPlatform(command).option('origin', {
        type: 'boolean',
        default: false,
        describe: 'say where each setting was set',
      }),
    (args) =>
      finish(
        import('./commands/show.ts').then(({ show }) => show(args)),
        args.json,
      ),
  )
  .command(
    'diff <old> <new>',
    'Print what is different: two platforms, directories of them, rendered trees, builds or initrds',
    (command) =>
      withSettings(
        command
          .positional('old', {
            type: 'string',
            demandOption: true,
            describe: 'a file or directory; REVISION:PATH for a platform file or a directory of git',
          })
          .positional('new', { type: 'string', demandOption: true, describe: 'the same, to compare with' }),
      ).option('markdown', { type: 'boolean', default: false, describe: 'for the page of a change' }),
    (args) =>
      finish(
        import('./commands/diff.ts').then(({ diff }) => diff(args)),
        args.json,
      ),
  )
  .command(
    'explain <platform>',
    'Print the boot, step by step',
    (command) =>
      withPlatform(command).option('format', {
        choices: ['text', 'markdown', 'mermaid', 'svg'] as const,
        default: 'text' as const,
        describe: 'in words, or as a picture',
      }),
    (args) =>
      finish(
        import('./commands/explain.ts').then(({ explain }) => explain(args)),
        args.json,
      ),
  )
  .command(
    'build <platform>',
    'Build the minimal initrd from a sysroot',
    (command) =>
      withSysroot(withPlatform(command)).option('output', outputDirectory).option('image', {
        type: 'string',
        describe: 'packed full initrd: fail where /usr lacks what a thin one shares',
      }),
    (args) =>
      finish(
        import('./commands/build.ts').then(({ build }) => build(args)),
        args.json,
      ),
  )
  .command(
    'pack <platform>',
    'Make the image for /usr from an existing full initrd',
    (command) =>
      withPlatform(command)
        .option('initrd', { type: 'string', demandOption: true, describe: 'full initrd, as dracut makes it' })
        .option('sysroot', {
          type: 'string',
          describe: 'the built system whose /usr a thin image shares files with',
        })
        .option('output', { alias: 'o', type: 'string', demandOption: true, describe: 'image to write' }),
    (args) =>
      finish(
        import('./commands/pack.ts').then(({ pack }) => pack(args)),
        args.json,
      ),
  )
  .command(
    'boot <platform>',
    'Make a disk, boot it in QEMU, say what happened',
    (command) =>
      withSysroot(withPlatform(command))
        .option('initrd', {
          type: 'string',
          describe: 'full initrd, as dracut makes it; none with FullInitrd.Source=usr',
        })
        .option('until', {
          choices: ['hand-over', 'stage-2', 'multi-user'] as const,
          default: 'multi-user' as const,
          describe: 'how far the boot must come',
        })
        .option('output', {
          alias: 'o',
          type: 'string',
          describe: 'directory for the console log; without it a temporary one that is kept',
        })
        .option('accelerator', {
          choices: ['auto', 'kvm', 'tcg'] as const,
          default: 'auto' as const,
          describe: 'auto: KVM if a guest speaks with it within 8 s, else emulation',
        })
        .option('memory', {
          type: 'number',
          coerce: positive('memory'),
          default: 2048,
          describe: 'memory of the machine in MiB',
        })
        .option('timeout', {
          type: 'number',
          coerce: positive('timeout'),
          default: 300,
          describe: 'seconds until the boot is given up',
        })
        .option('keep-disk', {
          type: 'boolean',
          default: false,
          describe: 'keep the disk image in the output directory',
        })
        .option('disk', {
          choices: ['virtio-blk', 'virtio-scsi', 'nvme', 'ahci', 'usb'] as const,
          default: 'virtio-blk' as const,
          describe: 'what the disk is attached to',
        })
        .option('tpm', { type: 'boolean', default: false, describe: 'give the machine a TPM 2.0 (swtpm)' })
        .option('append', { type: 'string', default: '', describe: 'more kernel command line' })
        .option('fault', {
          type: 'string',
          describe: 'inject a fault (bootrelay faults lists them): the boot must end as it must',
        }),
    (args) =>
      finish(
        import('./commands/boot.ts').then(({ boot }) => boot(args)),
        args.json,
      ),
  )
  .completion('completion', 'Print a completion script for bash or zsh')
  .demandCommand(1, 'Name a command.')
  .strict()
  .wrap(100)
  .fail((message, error, parser) => {
    if (error) throw error;
    parser.showHelp('error');
    process.stderr.write(`\nbootrelay: ${message}\n`);
    process.exit(2);
  })
  .parseAsync();
