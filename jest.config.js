/** The fast tests: no machine is booted, no lab is needed. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.(lab|all)\\.test\\.ts$'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  extensionsToTreatAsEsm: ['.ts'],
  testTimeout: 30_000,
  // jest leaves one core free by default; these tests mostly wait for programs that they start.
  maxWorkers: '100%',
};
