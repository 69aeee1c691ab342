/** Disks of a running guest, plugged in and taken away through QEMU's control socket (QMP). */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { ToolError } from '../errors.ts';
import { type DiskBus, plugArguments } from '../tools/qemu.ts';

/** What happens to a disk, which is given by its number, some seconds after a step of the boot plan begins. */
export type GuestEvent = { readonly step: string; readonly seconds: number } & (
  | { readonly plug: number }
  | { readonly unplug: number }
);

/** Does what the event says. Throws ToolError where QEMU refuses it. */
export async function happen(event: GuestEvent, socket: string, bus: DiskBus): Promise<void> {
  if ('plug' in event) await execute(socket, 'device_add', plugArguments(bus, event.plug));
  else await execute(socket, 'device_del', { id: `device${event.unplug}` });
}

/** One command of QMP (docs/interop/qmp-spec of QEMU): greeting, capabilities, the command, its answer. */
async function execute(socket: string, command: string, args: object): Promise<void> {
  const connection = createConnection(socket);
  const lines = createInterface({ input: connection })[Symbol.asyncIterator]();
  const ask = async (message: object) => {
    connection.write(`${JSON.stringify(message)}\n`);
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new ToolError(`QEMU ended its control connection at ${command}`);
      const answer = JSON.parse(value) as { event?: string; error?: { desc: string } };
      if (answer.error) throw new ToolError(`QEMU does not ${command}: ${answer.error.desc}`);
      if (answer.event === undefined) return;
    }
  };
  try {
    await once(connection, 'connect');
    await lines.next();
    await ask({ execute: 'qmp_capabilities' });
    await ask({ execute: command, arguments: args });
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`QEMU does not ${command}: ${String(error)}`);
  } finally {
    connection.destroy();
  }
}
