import * as newest from "@langchain/langgraph";
import { caches } from "./battery/caches.js";
import { failures } from "./battery/failures.js";
import { nesting } from "./battery/nesting.js";
import { pauses } from "./battery/pauses.js";
import { routes } from "./battery/routes.js";
import { battery } from "./battery/run.js";

battery("newest LangGraph", newest, [...routes, ...nesting, ...failures, ...pauses, ...caches]);
