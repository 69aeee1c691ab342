import { testFaults } from './fault-matrix.ts';

testFaults('systemd', 'pc');
