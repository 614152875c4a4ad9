import { LearningError, show } from "../../core/index.js";

/** The doubles of {@link pack}; fails with SNAPSHOT_INVALID unless they are `length` finite numbers. */
export function unpack64(text: unknown, length: number): Float64Array {
  return checked(new Float64Array(bytesOf(text, length * 8).buffer));
}

/** The floats of {@link pack}; fails with SNAPSHOT_INVALID unless they are `length` finite numbers. */
export function unpack32(text: unknown, length: number): Float32Array {
  return checked(new Float32Array(bytesOf(text, length * 4).buffer));
}

function bytesOf(text: unknown, length: number): Uint8Array {
  const bytes = typeof text === "string" ? Buffer.from(text, "base64") : Buffer.alloc(0);
  if (typeof text !== "string" || bytes.length !== length)
    throw invalidSnapshot(show(text), `${length} bytes in base64`);
  return Uint8Array.from(bytes);
}

function checked<T extends Float64Array | Float32Array>(values: T): T {
  if (!values.every(Number.isFinite)) throw invalidSnapshot("numbers that are not finite", "finite numbers");
  return values;
}

/** The error of every snapshot that cannot be restored. */
export function invalidSnapshot(received: string, expected: string, cause?: unknown): LearningError {
  return new LearningError("SNAPSHOT_INVALID", {
    received,
    expected,
    remedy: "Use an unchanged snapshot of this version of the package, or train the policy anew.",
    cause,
  });
}
