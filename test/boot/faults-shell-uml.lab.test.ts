import { testFaults } from './fault-matrix.ts';

testFaults('shell', 'uml');
