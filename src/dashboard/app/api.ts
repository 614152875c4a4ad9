import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Person } from "../data/source.js";

/** Where the page is mounted, with a slash at its end. */
const base = document.getElementById("app")?.dataset["base"] ?? "/";

/** Who looks at the page. */
export interface Me extends Person {
  csrf: string;
}

let csrf = "";

async function answerOf<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body as T;
  const told = (body as { error?: unknown } | undefined)?.error;
  throw new Error(typeof told === "string" ? told : `The server answered ${response.status}.`);
}

/** Reads data; `params` without a value are left out. */
export async function get<T>(name: string, params: Record<string, string | undefined> = {}): Promise<T> {
  const query = new URLSearchParams(Object.entries(params).filter((p): p is [string, string] => !!p[1]));
  const text = query.toString();
  return answerOf<T>(await fetch(`${base}api/${name}${text ? `?${text}` : ""}`));
}

/** Changes something. */
export async function post<T = unknown>(name: string, body: Record<string, unknown>): Promise<T> {
  const headers = { "content-type": "application/json", "x-csrf": csrf };
  return answerOf<T>(await fetch(`${base}api/${name}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** Asks who looks; every change carries what comes back. */
export async function whoAmI(): Promise<Me> {
  const me = await get<Me>("me");
  csrf = me.csrf;
  return me;
}

type Listener = (changed: readonly string[]) => void;
const listeners = new Set<Listener>();

/** Tells pages of changes, the server's and those made here. */
export function tell(changed: readonly string[]): void {
  for (const listener of [...listeners]) listener(changed);
}

/** Listens to the server; says whether the line is open. */
export function listen(onLine: (open: boolean) => void): () => void {
  const events = new EventSource(`${base}api/events`);
  events.addEventListener("open", () => onLine(true));
  events.addEventListener("error", () => onLine(false));
  events.addEventListener("changed", (e) => tell(JSON.parse((e as MessageEvent<string>).data) as string[]));
  return () => events.close();
}

/** What a page shows of its data. */
export interface Loaded<T> {
  data?: T;
  error?: string;
  loading: boolean;
  reload(): void;
}

/** Data that is read again when one of `topics` changed. What was shown stays until the new is there. */
export function useData<T>(
  name: string,
  params: Record<string, string | undefined> = {},
  topics: readonly string[] = [],
): Loaded<T> {
  const [state, setState] = useState<{ data?: T; error?: string; loading: boolean; key?: string }>({ loading: true });
  const key = `${name} ${JSON.stringify(params)}`;
  const latest = useRef(0);
  const reload = useCallback(() => {
    const mine = ++latest.current;
    setState((s) => (s.key === key ? { ...s, loading: true } : { loading: true, key }));
    get<T>(name, params).then(
      (data) => mine === latest.current && setState({ data, loading: false, key }),
      (e: Error) => mine === latest.current && setState((s) => ({ ...s, error: e.message, loading: false, key })),
    );
  }, [key]);
  useEffect(reload, [reload]);
  useEffect(() => {
    const listener: Listener = (changed) => {
      if (changed.some((c) => topics.includes(c))) reload();
    };
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, [reload, topics.join()]);
  return { ...state, reload };
}
