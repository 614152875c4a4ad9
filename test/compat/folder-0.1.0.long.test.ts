import { describe } from "vitest";
import { itOpensTheFolderOf } from "./contract.js";

describe("a folder written by release 0.1.0", () => {
  itOpensTheFolderOf("0.1.0");
});
