export { middleOfNtp, ntpFromUnix, ReceiverClock, SenderClock, unixFromNtp } from './clock.js';
export { Reception, type ReceptionReport } from './reception.js';
export { type FragmentShape, inHeaders, packetsOf, planStep, SendPlan } from './send-plan.js';
export { ExtendedSequence, sequenceAfter, sequenceDistance, timestampDistance } from './sequence.js';
