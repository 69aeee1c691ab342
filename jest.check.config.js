/** The tests of `npm run check`: the fast ones, but for those that start many programs or try many inputs. */
import { existsSync } from 'node:fs';
import fast from './jest.config.js';

/** What takes long; `npm run test:fast` and `npm test` have them. */
const slow = [
  'commands/cli',
  'commands/docs',
  'commands/interrupted',
  'config/any-platform',
  'render/clean-start',
  'render/init',
  'render/mounted',
  'render/run-init',
  'render/superblocks',
  'plan/unit-names',
  'review/history',
].map((name) => `test/${name}.test.ts`);

const gone = slow.filter((path) => !existsSync(new URL(path, import.meta.url)));
if (gone.length > 0) throw new Error(`jest.check.config.js leaves out what is not there: ${gone.join(', ')}`);

export default {
  ...fast,
  testPathIgnorePatterns: [
    ...fast.testPathIgnorePatterns,
    ...slow.map((path) => `/${path.replaceAll('.', '\\.')}$`),
  ],
};
