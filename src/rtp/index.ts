export { type FragmentShape, inHeaders, packetsOf, planStep, SendPlan } from './send-plan.js';
export { ExtendedSequence, sequenceAfter, sequenceDistance, timestampDistance } from './sequence.js';
