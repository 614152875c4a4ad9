import { checkArgument } from "../../core/arguments.js";
import type { DocumentStore } from "../../store/index.js";
import { type FederationTransport, transportOver } from "./transport.js";

const PREFIX = "federation/";

/**
 * Sites that share a store, which hosts with a PostgreSQL database do: letters are documents of it. A schema of their
 * own keeps them apart from what each site stores for itself.
 * @example const transport = storeTransport(store.documents);
 */
export function storeTransport(documents: DocumentStore): FederationTransport {
  checkArgument(documents, "documents", { put: "function", get: "function", keys: "function" }, "FEDERATION_INVALID");
  return transportOver({
    write: (round, kind, site, text) => documents.put(`${PREFIX}${round}/${kind}/${site}`, { text }),
    async read(round, kind) {
      const place = `${PREFIX}${round}/${kind}/`;
      const keys = await documents.keys(place);
      const found = await Promise.all(keys.sort().map((key) => documents.get<{ text: string }>(key)));
      return found.flatMap((letter, i) => (letter ? [{ text: letter.text, site: keys[i].slice(place.length) }] : []));
    },
  });
}
