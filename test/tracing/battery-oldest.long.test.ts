import * as oldest from "langgraph-oldest";
import { caches } from "./battery/caches.js";
import type { Library } from "./battery/case.js";
import { failures } from "./battery/failures.js";
import { nesting } from "./battery/nesting.js";
import { pauses } from "./battery/pauses.js";
import { routes } from "./battery/routes.js";
import { battery } from "./battery/run.js";

// The oldest version that the peer range admits; cases of newer features stay out.
const cases = [...routes, ...nesting, ...failures, ...pauses, ...caches].filter((test) => !test.newest);
battery("oldest LangGraph", oldest as unknown as Library, cases);
