/** [Platform]: which machine a platform file is for, and what it starts from. */
import { setting } from '../setting.ts';
import { platformName } from '../value-types/names.ts';
import { choice, text } from '../value-types/value-type.ts';

export const platform = {
  Name: setting({
    type: platformName,
    help: 'Name of the platform. Default: the name of the file without `.ini`.',
    since: '0.1.0',
  }),
  Description: setting({
    type: text,
    default: '',
    help: 'What machine this is, in a sentence.',
    since: '0.1.0',
  }),
  Architecture: setting({
    type: choice('x86-64', 'arm64'),
    default: 'x86-64',
    help: 'Processor architecture of the machine.',
    since: '0.1.0',
  }),
  Extends: setting({
    type: text,
    default: [],
    help: 'A platform file to start from, relative to this file where it is no absolute path. Its settings come first; this file overrides them.',
    since: '0.1.0',
  }),
};
