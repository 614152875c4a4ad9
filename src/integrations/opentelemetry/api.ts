import type * as Api from "@opentelemetry/api";
import { LearningError } from "../../core/index.js";

let given: typeof Api | undefined;

/**
 * Hands in the API of OpenTelemetry, an optional peer. What a loop reaches never names it in an import: where it is not
 * installed, a bundler that followed the name would end the build.
 */
export function useApi(api: typeof Api): void {
  given = api;
}

/** The API that was handed in. */
export function otelApi(): typeof Api {
  if (given) return given;
  throw new LearningError("INTEGRATION_FAILED", {
    received: "spans without @opentelemetry/api",
    expected: "the optional peer that spans are made with",
    remedy: "Run: npm install @opentelemetry/api",
  });
}
