/** The guest's console: bytes go in, complete lines come out. */

export interface ConsoleLine {
  /** Seconds since the guest's kernel started, where the line has the kernel's stamp. */
  readonly uptime: number | undefined;
  readonly text: string;
}

const controlSequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: firmware and systemd send control sequences
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[ -/]*[0-~]|[\u0000-\u0008\u000b-\u001f]/g;

/** Collects bytes and gives each complete line once, without control sequences. */
export function createLineReader(): { push(bytes: Uint8Array): readonly ConsoleLine[] } {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  return {
    push(bytes) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      return lines.flatMap(splitAtStamps).map(readLine);
    },
  };
}

/** systemd writes status texts without a line end, and the kernel's next line begins behind them on the same line. */
function splitAtStamps(raw: string): readonly string[] {
  return raw.replace(controlSequences, '').split(/(?=\[ {0,4}\d+\.\d{6}\] )/);
}

function readLine(line: string): ConsoleLine {
  const stamped = /^\[\s*(\d+\.\d+)\] (.*)$/s.exec(line);
  return stamped ? { uptime: Number(stamped[1]), text: stamped[2] ?? '' } : { uptime: undefined, text: line };
}
