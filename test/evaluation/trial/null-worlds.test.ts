import { describe, expect, it } from "vitest";
import { promotesWrongly } from "../../bench/proof/null-life.js";
import { NULL_WORLDS, type NullWorld, type World } from "../../bench/proof/null-worlds.js";

const wrongOf = (world: NullWorld, lives: number, changes?: Partial<World>) =>
  Array.from({ length: lives }, (_, s) => promotesWrongly(`test/${s}`, world, changes)).filter(Boolean).length;

describe("where no destination is better than another", () => {
  it.each(Object.keys(NULL_WORLDS) as NullWorld[])("hardly any life promotes: %s", (world) => {
    // Four lives at a risk of 0.05: two promotions would be a one in seventy chance.
    expect(wrongOf(world, 4)).toBeLessThanOrEqual(1);
  });

  it("selected feedback would promote at once if it were taken as it comes", () => {
    const { draw } = NULL_WORLDS["selected feedback"];
    const wrong = wrongOf("selected feedback", 4, { mostWeight: 1, draw: (point) => ({ ...draw(point), weight: 1 }) });
    expect(wrong).toBe(4);
  });
});
