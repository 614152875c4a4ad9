import { fitEncoder } from "langgraph-collective-learning/encoding";
import {
  contributionOf,
  type FederationPlan,
  type FederationTransport,
  maskContribution,
  maskingKey,
  merge,
  mergeMasked,
} from "langgraph-collective-learning/together";
import { describe, expect, it } from "vitest";

const encoder = fitEncoder([{ topic: "invoice" }, { topic: "crash" }]);
const plan: FederationPlan = {
  decisionPoint: "triage",
  encoder: encoder.snapshot(),
  destinations: ["billing", "tech"],
};
/** What a site tells after one run. */
export const contribution = (site: string, topic: string, reward: number) =>
  contributionOf(plan, site, [{ context: encoder.encode({ topic }), chosen: "billing", reward }]);

/** What every transport does; `open` gives the ends of the sites north and south, with nothing sent yet. */
export function tryTransport(
  name: string,
  open: () => Promise<{ north: FederationTransport; south: FederationTransport }>,
): void {
  describe(`${name}: a transport`, () => {
    it("brings what each site sent to all, to the digit, and merges as without it", async () => {
      const { north, south } = await open();
      expect(await south.receive("r1", "contribution")).toEqual([]);
      const sent = [contribution("north", "invoice", 1), contribution("south", "crash", 0.3)];
      await south.send("r1", "contribution", sent[1]!);
      await north.send("r1", "contribution", sent[0]!);
      for (const site of [north, south]) {
        const received = await site.receive("r1", "contribution");
        expect(received).toEqual(sent);
        expect(merge(plan, received)).toEqual(merge(plan, sent));
      }
    });

    it("keeps the last letter of a site, and rounds and kinds apart", async () => {
      const { north } = await open();
      await north.send("r1", "contribution", contribution("north", "invoice", 1));
      await north.send("r1", "contribution", contribution("north", "crash", 0));
      expect(await north.receive("r1", "contribution")).toEqual([contribution("north", "crash", 0)]);
      expect(await north.receive("r10", "contribution")).toEqual([]);
      expect(await north.receive("r1", "masked")).toEqual([]);
    });

    it("carries a masked round: keys first, then what only all together can be read from", async () => {
      const { north, south } = await open();
      const sites = [
        { end: north, site: "north", key: maskingKey(), own: contribution("north", "invoice", 1) },
        { end: south, site: "south", key: maskingKey(), own: contribution("south", "invoice", 0) },
      ];
      for (const { end, site, key } of sites)
        await end.send("r1", "key", { schemaVersion: 1, site, publicKey: key.publicKey });
      for (const { end, key, own } of sites) {
        const peers = Object.fromEntries((await end.receive("r1", "key")).map((k) => [k.site, k.publicKey]));
        await end.send("r1", "masked", maskContribution(plan, own, key, peers, "r1"));
      }
      const merged = mergeMasked(plan, await north.receive("r1", "masked"));
      expect(merged.sums.get("billing")).toMatchObject({ rows: 2, reward: 1 });
    });

    it("refuses names that lead elsewhere, and what is no letter", async () => {
      const { north } = await open();
      const own = contribution("north", "invoice", 1);
      await expect(north.send("../r1", "contribution", own)).rejects.toThrow(/FEDERATION_INVALID.*round "..\/r1"/);
      await expect(north.receive("a/b", "contribution")).rejects.toThrow(/FEDERATION_INVALID/);
      await expect(north.send("r1", "contribution", { ...own, site: "../south" })).rejects.toThrow(
        /FEDERATION_INVALID.*site/,
      );
      await expect(north.send("r1", "contribution", { ...own, size: -1 })).rejects.toThrow(/FEDERATION_INVALID.*size/);
    });
  });
}
