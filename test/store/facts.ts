export { at, decision, sampleFeedback, segment } from "../../src/store/contract/samples.js";
