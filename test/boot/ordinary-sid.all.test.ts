import { testOrdinary } from './ordinary.ts';

testOrdinary('sid');
