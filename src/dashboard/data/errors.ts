/** A request that is refused, with the status it is answered with. */
export class Refusal extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415,
    message: string,
  ) {
    super(message);
  }
}

/** A text field of a request's body that must not be empty, cut to a length a history can hold. */
export function textOf(body: Record<string, unknown>, name: string, most = 500): string {
  const value = body[name];
  if (typeof value !== "string" || value.trim() === "")
    throw new Refusal(400, `${name} is missing: give it as a text that is not empty.`);
  if (value.length > most) throw new Refusal(400, `${name} is too long: at most ${most} characters.`);
  return value.trim();
}
