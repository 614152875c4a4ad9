import { createHmac, randomBytes } from "node:crypto";
import { z } from "zod";
import { isSecret } from "../../core/requests.js";
import { Refusal } from "../data/errors.js";
import type { Person, Right } from "../data/source.js";

const fn = <F>() => z.custom<F>((v) => typeof v === "function", "a function of the request");

export const accessOptionsSchema = z.strictObject({
  /** Opens the page as `?token=`; at least 16 characters. Made at random where it is left out. */
  token: z.string("a text").default(() => randomBytes(24).toString("base64url")),
  /** Nobody may judge or steer. */
  readonly: z.boolean("true or false").default(false),
  /**
   * Who asks, by the host's own login: instead of the token. Undefined refuses. Names go to the history.
   */
  identify: fn<(request: Request) => Person | undefined | Promise<Person | undefined>>().optional(),
  /**
   * Origins the page is served under, such as `https://learn.example.org`. Without it only addresses of this
   * machine (localhost, 127.0.0.1, [::1]) are answered, which keeps out foreign pages that point a name here.
   */
  origins: z.array(z.string(), "an array of origins").readonly().optional(),
});
/** How people get in. */
export type AccessOptions = z.input<typeof accessOptionsSchema>;

const EVERYTHING: readonly Right[] = ["read", "judge", "steer"];
const COOKIE = "collective_learning";

/** Decides who gets in and what they may do. */
export class Access {
  readonly token: string;
  private readonly secret = randomBytes(32);

  constructor(private readonly options: z.output<typeof accessOptionsSchema>) {
    this.token = options.token;
  }

  /** The person behind a request. @throws Refusal 401 or 403 */
  async person(request: Request, url: URL): Promise<Person> {
    this.checkHost(url);
    const { identify, readonly } = this.options;
    const person = identify ? await identify(request) : this.byToken(request) ? local() : undefined;
    if (!person) throw new Refusal(401, "Open the link that `collective-learning serve` printed; it holds the token.");
    const may = readonly ? person.may.filter((r) => r === "read") : person.may;
    if (!may.includes("read")) throw new Refusal(403, "You may not read this.");
    return { name: person.name, may };
  }

  /** The cookie to set where the address holds the right token; undefined where it holds none. */
  cookieFor(url: URL, path: string): string | undefined {
    const given = url.searchParams.get("token");
    if (given === null || this.options.identify) return undefined;
    if (!isSecret(given, this.token)) throw new Refusal(401, "This token is not the one that opens the page.");
    const secure = url.protocol === "https:" ? "; Secure" : "";
    return `${cookieName(url)}=${this.session()}; Path=${path}; HttpOnly; SameSite=Strict${secure}`;
  }

  /** A value that only this page knows, sent back with every change. */
  csrf(person: Person): string {
    return createHmac("sha256", this.secret).update(`csrf:${person.name}`).digest("base64url");
  }

  /** Refuses a change that did not come from this page. */
  checkChange(request: Request, url: URL, person: Person, right: Right): void {
    const origin = request.headers.get("origin");
    if (origin !== null && origin !== url.origin && !this.options.origins?.includes(origin))
      throw new Refusal(403, "This came from another page.");
    const site = request.headers.get("sec-fetch-site");
    if (site !== null && site !== "same-origin" && site !== "none")
      throw new Refusal(403, "This came from another page.");
    if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) throw new Refusal(415, "Send JSON.");
    if (!this.byBearer(request) && !isSecret(request.headers.get("x-csrf") ?? "", this.csrf(person)))
      throw new Refusal(403, "The page is out of date: load it again.");
    if (!person.may.includes(right)) throw new Refusal(403, `You may read, but not ${right}.`);
  }

  private checkHost(url: URL): void {
    const { origins } = this.options;
    if (origins ? origins.includes(url.origin) : isLoopback(url.hostname)) return;
    throw new Refusal(403, "This address is not one that the page is served under (option `origins`).");
  }

  private byToken(request: Request): boolean {
    return this.byBearer(request) || this.byCookie(request);
  }

  private byBearer(request: Request): boolean {
    if (this.options.identify) return false;
    const given = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    return given !== undefined && isSecret(given, this.token);
  }

  private byCookie(request: Request): boolean {
    const name = cookieName(new URL(request.url));
    const cookies = (request.headers.get("cookie") ?? "").split(/;\s*/);
    return cookies.some((c) => c.startsWith(`${name}=`) && isSecret(c.slice(name.length + 1), this.session()));
  }

  private session(): string {
    return createHmac("sha256", this.token).update("dashboard-session").digest("base64url");
  }
}

const local = (): Person => ({ name: "local", may: EVERYTHING });

/** Browsers share cookies among the ports of a host: the port tells two dashboards apart. */
const cookieName = (url: URL) => `${COOKIE}_${url.port || "0"}`;

/**
 * Whether a host name is this machine's own.
 * @example isLoopback("127.0.0.1"); // true
 */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
