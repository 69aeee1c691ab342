/** The tests that take too long for each change: `npm run lab:all` has them. They need the lab, like those of jest.lab.config.js. */
import lab from './jest.lab.config.js';

export default { ...lab, testMatch: ['**/*.all.test.ts'] };
