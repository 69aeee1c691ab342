import { testOrdinary } from './ordinary.ts';

testOrdinary('trixie');
