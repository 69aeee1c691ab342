import { testFaults } from './fault-matrix.ts';

testFaults('shell', 'pc');
