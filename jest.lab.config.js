/** The tests on real input: they need the lab (test/lab/make.sh) and fail, saying so, where it is not. */
import fast from './jest.config.js';

export default {
  ...fast,
  testMatch: ['**/*.lab.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/lab/prepare.ts',
  testSequencer: '<rootDir>/test/sequencer.js',
  testTimeout: 300_000,
  maxWorkers: 2,
};
