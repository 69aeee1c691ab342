import { testRows } from './fault-matrix.ts';
import { moreImageRows } from './fault-rows.ts';

testRows(moreImageRows, 'image-host-faults.json');
