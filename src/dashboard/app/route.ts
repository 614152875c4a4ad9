import { useEffect, useState } from "preact/hooks";
import type { Me } from "./api.js";

/** Where the page is: a name, and what it is narrowed to. Kept behind the `#`, so that links can be shared. */
export interface Route {
  page: string;
  params: Record<string, string>;
}

function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { page: path || "overview", params: Object.fromEntries(new URLSearchParams(query)) };
}

/** A link to a page; params without a value are left out. */
export function to(page: string, params: Record<string, string | undefined> = {}): string {
  const query = new URLSearchParams(Object.entries(params).filter((p): p is [string, string] => !!p[1])).toString();
  return `#/${page}${query ? `?${query}` : ""}`;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const changed = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

/** What a page is given. */
export interface PageProps {
  me: Me;
  params: Record<string, string>;
}
