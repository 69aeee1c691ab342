/** Names of platforms, devices, parameters and modules, and other words without a structure of their own. */
import { pattern, type ValueType, wordPattern, words } from './value-type.ts';

export const platformName = pattern(
  'name',
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
  'a name of letters, digits and _ . - that starts with a letter or digit, at most 63 characters',
);

export const labelPattern = pattern(
  'pattern',
  /^[A-Za-z0-9_.*?[\]^!~+ -]{1,72}$/,
  'a pattern as in glob(7): letters, digits, blanks and _ . - + ~ * ? [ ] ! ^',
);

export const deviceMapperName = pattern(
  'name',
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
  'a device-mapper name of letters, digits, _ and -',
);

export const credentialName = pattern(
  'credential name',
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/,
  'the name of a credential of letters, digits and _ . -, without directory and .cred',
);

export const parameterName = pattern(
  'parameter name',
  /^[A-Za-z0-9][A-Za-z0-9_.-]*$/,
  'the name of a kernel command line parameter, without "="',
);

/** Names of one parameter, the one that counts first: distributions have had others before. */
export const parameterNames: ValueType<readonly [string, ...string[]]> = {
  name: 'parameter names',
  parse(text) {
    const [first = '', ...others] = words(text);
    const names = [first, ...others] as const;
    const fits =
      new Set(names).size === names.length && names.every((name) => 'value' in parameterName.parse(name));
    if (fits) return { value: names };
    return {
      required: 'names of kernel command line parameters, without "=", separated by blanks and each once',
      hint: 'the first one that is given counts',
    };
  },
  format: (names) => names.join(' '),
};

/** A kernel module; behind it only its own parameters, or more modules that have none. */
export const moduleName: ValueType<string> = {
  ...pattern(
    'module name',
    /^-?[A-Za-z0-9][A-Za-z0-9_-]*( +[A-Za-z0-9_]+=[A-Za-z0-9_.,:+/@-]+)*$/,
    'the name of a kernel module without directory and .ko, with a leading "-" where it may be missing or fail, and parameters such as size=64 behind it',
  ),
  split: (text) => (text.includes('=') ? [text] : words(text)),
};

export const hardware = wordPattern(
  'modalias or module name',
  /^([A-Za-z0-9][A-Za-z0-9_-]*|[a-z0-9_-]+:[!-~]+)$/,
  'a modalias such as pci:v00001AF4d00001001*, or the name of a kernel module',
);

export const moduleDirectory = wordPattern(
  'directory of kernel modules',
  /^[a-z0-9][A-Za-z0-9_-]*(\/[A-Za-z0-9_-]+)*$/,
  "a directory below the kernel's own modules, such as drivers/ata, or of its updates, such as updates/dkms",
);

export const mountOptions = pattern(
  'mount options',
  /^[A-Za-z0-9_=.:/@+-]+(,[A-Za-z0-9_=.:/@+-]+)*$/,
  'mount options separated by commas, without spaces',
);

/** Words for the kernel command line, as one writes them there: blanks stand in double quotes. */
export const commandLineWords: ValueType<string> = pattern(
  'kernel command line',
  /^(?:[!#-~]|"[ !#-~]*")+(?: +(?:[!#-~]|"[ !#-~]*")+)*$/,
  'words of ASCII for the kernel command line, with an even number of double quotes',
);
