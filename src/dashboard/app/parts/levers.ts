import type { Question } from "./confirm.js";

/** What a part needs that may change what serves. */
export interface Levers {
  maySteer: boolean;
  ask: (q: Question) => void;
}
