/** Numeric arrays that {@link pack} takes. */
type Numbers = Int16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/** The bytes of a typed array in base64 (little-endian, as on every platform Node runs on): exact, an eighth of the JSON. */
export function pack(values: Numbers): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}

/** The array that {@link pack} wrote. */
export function unpack<T extends Numbers>(type: { new (buffer: ArrayBuffer): T }, packed: string | undefined): T {
  const bytes = Buffer.from(packed ?? "", "base64");
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return new type(copy);
}
