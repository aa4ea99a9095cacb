// What runs in the threads of `LowRankThreads`: eigenvalues and vectors take most of the time of an approximation.
import { type Directions, type DirectionsAsk, findDirections } from '@danqing/engine/low-rank/directions';
import { serveCalls } from '../threads/serve-calls.ts';

serveCalls<DirectionsAsk, Directions>(findDirections);
