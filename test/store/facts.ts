export { at, decision, feedback, segment } from "../../src/store/contract/samples.js";
