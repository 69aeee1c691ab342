declare module 'spdx-expression-parse' {
  /** The parts of an SPDX expression; throws where it is none. */
  export default function parse(expression: string): object;
}
