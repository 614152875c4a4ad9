import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Clock, isoTime, isUsableId, LearningError, MAX_ID, show } from "../../core/index.js";
import { checkSecret } from "./secret.js";

/** What a token lets its holder do: judge this run, as this person, once, until it expires. */
export interface FeedbackGrant {
  workflowId: string;
  userId: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** Unique to the token; the submission's idempotency key. */
  nonce: string;
  /** Milliseconds since the epoch; undefined in a token of an earlier release. */
  issuedAt?: number;
}

const LONGEST_TOKEN = 2048;

/** Signs and checks tokens: payload and HMAC-SHA-256, both in base64url. */
export class FeedbackTokens {
  constructor(
    private readonly secret: string,
    private readonly clock: Clock,
  ) {
    checkSecret(secret);
  }

  /**
   * @throws FEEDBACK_INVALID for ids that no judgement can have or that make a token too long for a link, or a lifetime that
   * is no positive number
   */
  sign(workflowId: string, userId: string, validForMs: number): string {
    checkId(workflowId, "workflowId");
    checkId(userId, "userId");
    if (!(validForMs > 0 && Number.isFinite(validForMs)))
      throw new LearningError("FEEDBACK_INVALID", {
        received: `a lifetime of ${show(validForMs)}`,
        expected: "a positive number of milliseconds",
        remedy: "Leave validForMs out for the handler's default.",
      });
    const nonce = randomBytes(12).toString("base64url");
    const now = this.clock.now();
    const grant = [workflowId, userId, now + validForMs, nonce, now];
    const payload = Buffer.from(JSON.stringify(grant)).toString("base64url");
    const token = `${payload}.${this.signatureOf(payload)}`;
    if (token.length <= LONGEST_TOKEN) return token;
    throw new LearningError("FEEDBACK_INVALID", {
      received: `ids that make a token of ${token.length} characters`,
      expected: `at most ${LONGEST_TOKEN}`,
      remedy: "Use shorter workflow and user ids.",
    });
  }

  /** @throws FEEDBACK_REFUSED for what was not signed with this secret, was changed, is too long or has expired */
  verify(token: string): FeedbackGrant {
    if (token.length > LONGEST_TOKEN) throw refused(`a token of ${token.length} characters`);
    const dot = token.indexOf(".");
    const payload = token.slice(0, dot);
    const given = Buffer.from(token.slice(dot + 1));
    const expected = Buffer.from(this.signatureOf(payload));
    if (dot < 1 || given.length !== expected.length || !timingSafeEqual(given, expected))
      throw refused("a token that was not signed here");
    const [workflowId, userId, expiresAt, nonce, issuedAt] = JSON.parse(
      Buffer.from(payload, "base64url").toString("utf8"),
    ) as [string, string, number, string, number?];
    if (expiresAt <= this.clock.now()) throw refused(`a token that expired ${isoTime(expiresAt)}`);
    return { workflowId, userId, expiresAt, nonce, issuedAt };
  }

  private signatureOf(payload: string): string {
    // The purpose is signed too: what the same secret signs elsewhere opens nothing here.
    return createHmac("sha256", this.secret).update(`feedback-token.1:${payload}`).digest("base64url");
  }
}

/** Who opens a link could only be refused for what is wrong here. */
function checkId(id: unknown, name: string): void {
  if (isUsableId(id)) return;
  throw new LearningError("FEEDBACK_INVALID", {
    received: typeof id === "string" ? `a ${name} of ${id.length} characters` : `${show(id)} for ${name}`,
    expected: `a text of 1 to ${MAX_ID} characters`,
    remedy: `Name the run and the person as your records do, by shorter ids where these are too long.`,
  });
}

function refused(received: string): LearningError {
  return new LearningError("FEEDBACK_REFUSED", {
    received,
    expected: "a valid link to the feedback form",
    remedy: "Ask for a new link.",
  });
}
