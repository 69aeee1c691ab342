import { testOrdinary } from './ordinary.ts';

testOrdinary('bookworm');
