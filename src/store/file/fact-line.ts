import { crc32 } from "node:zlib";
import { checkFact, type NodeExecution, STATE_CUT, type TraceSegment } from "../../core/index.js";
import { type FactKeys, keysOf } from "../facts.js";
import type { EncodedFact, FactKind, FactTypes } from "../learning-store.js";

const CHUNK = 256 * 1024;
/** UTF-8 takes at most three bytes for one UTF-16 unit. */
const MOST_BYTES_PER_UNIT = 3;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const MARK = [0xef, 0xbb, 0xbf];
/** In front of a line stands the CRC-32 of the rest, as the first field of its JSON: `{"crc":"0a1b2c3d",`. */
const CRC = '{"crc":"';
const CRC_DIGITS = 8;
/** Bytes up to the comma behind the checksum, where the JSON without it has its opening brace. */
const COMMA = CRC.length + CRC_DIGITS + 1;
const OPENING = Buffer.from(CRC);
const BRACE = 0x7b;
const LENGTHS = '{"stateLengths":[';
const STATES = '],"states":[';

/** A fact as a line of a segment: its bytes, line feed included, and what it is indexed by. */
export class FactLine implements EncodedFact {
  constructor(
    readonly data: Uint8Array,
    readonly keys: FactKeys,
  ) {}

  /** Without the line feed. */
  get bytes(): number {
    return this.data.length - 1;
  }
}

/**
 * Writes facts as lines into chunks of memory outside the engine's heap: while they wait to be appended its
 * collector has nothing to carry along.
 */
export class LineEncoder {
  private readonly utf8 = new TextEncoder();
  private chunk = new Uint8Array(0);
  private used = 0;

  /** The fact as JSON; fails with FACT_INVALID on what is none of its kind. */
  encode<K extends FactKind>(kind: K, fact: FactTypes[K]): FactLine {
    checkFact(kind, fact);
    return new FactLine(this.put(JSON.stringify(fact)), keysOf(kind, fact));
  }

  /**
   * Like {@link encode}, but the states of a trace, each of which must be JSON as the tracer writes it (or cut), are
   * put beside it as they are, rather than as texts in a text; a node then holds the place of its state in `states`.
   * In front stand their lengths, by which they are cut out again without being read.
   */
  encodeTraced<K extends FactKind>(kind: K, fact: FactTypes[K]): FactLine {
    if (kind !== "trace") return this.encode(kind, fact);
    checkFact(kind, fact);
    return new FactLine(this.put(tracedText(fact as TraceSegment)), keysOf(kind, fact));
  }

  private put(text: string): Uint8Array {
    let { read, written } = this.utf8.encodeInto(text, this.chunk.subarray(this.used + COMMA, -1));
    if (read < text.length) {
      const size = COMMA + text.length * MOST_BYTES_PER_UNIT + 1;
      this.chunk = new Uint8Array(Buffer.allocUnsafeSlow(Math.max(CHUNK, size)).buffer);
      this.used = 0;
      ({ read, written } = this.utf8.encodeInto(text, this.chunk.subarray(COMMA)));
    }
    const rest = this.used + COMMA + 1;
    const end = this.used + COMMA + written;
    const crc = crc32(this.chunk.subarray(rest, end)).toString(16).padStart(CRC_DIGITS, "0");
    this.utf8.encodeInto(`${CRC}${crc}",`, this.chunk.subarray(this.used));
    this.chunk[end] = LINE_FEED;
    const data = this.chunk.subarray(this.used, end + 1);
    this.used = end + 1;
    return data;
  }
}

/** Without what editors and tools that change line ends leave: a byte order mark before a line, a CR behind it. */
function withoutMarks(line: Buffer): Buffer {
  const end = line[line.length - 1] === CARRIAGE_RETURN ? line.length - 1 : line.length;
  const start = MARK.every((byte, i) => line[i] === byte) ? MARK.length : 0;
  return start > 0 || end < line.length ? line.subarray(start, end) : line;
}

/**
 * The JSON text of a line without its checksum, which is taken off in place; lines of release 0.1.0 have none.
 * Undefined where the checksum is wrong.
 */
export function openLine(given: Buffer): string | undefined {
  const line = withoutMarks(given);
  if (line.length <= COMMA || OPENING.compare(line, 0, OPENING.length) !== 0) return line.toString("utf8");
  const crc = Number.parseInt(line.toString("latin1", CRC.length, CRC.length + CRC_DIGITS), 16);
  if (crc32(line.subarray(COMMA + 1)) !== crc) return undefined;
  line[COMMA] = BRACE;
  return line.toString("utf8", COMMA);
}

type StoredNode = Omit<NodeExecution, "input" | "update"> & { input?: string | number; update?: string | number };

function tracedText(trace: TraceSegment): string {
  const states: string[] = [];
  const placed = (state: string | undefined) =>
    state === undefined || state.endsWith(STATE_CUT) ? state : states.push(state) - 1;
  const nodes = trace.nodes.map((node): StoredNode => {
    if (node.update === undefined && node.input === undefined) return node;
    const stored: StoredNode = { ...node };
    if (node.input !== undefined) stored.input = placed(node.input);
    if (node.update !== undefined) stored.update = placed(node.update);
    return stored;
  });
  if (states.length === 0) return JSON.stringify(trace);
  const rest = JSON.stringify({ ...trace, nodes });
  return `${LENGTHS}${states.map((s) => s.length).join(",")}${STATES}${states.join(",")}],${rest.slice(1)}`;
}

/** The fact that a line's text holds. Fails on what neither encoding writes. */
export function factOf(text: string): unknown {
  if (!text.startsWith(LENGTHS)) return JSON.parse(text);
  const endOfLengths = text.indexOf("]", LENGTHS.length);
  const lengths = JSON.parse(text.slice(LENGTHS.length - 1, endOfLengths + 1)) as number[];
  let at = endOfLengths + STATES.length;
  const states = lengths.map((length) => {
    const state = text.slice(at, at + length);
    at += length + 1;
    return state;
  });
  if (!text.startsWith(STATES, endOfLengths) || text[at - 1] !== "]" || text[at] !== ",")
    throw new SyntaxError("states and their lengths do not agree");
  const trace = JSON.parse(`{${text.slice(at + 1)}`) as Omit<TraceSegment, "nodes"> & { nodes: StoredNode[] };
  for (const node of trace.nodes) {
    if (typeof node.input === "number") node.input = states[node.input];
    if (typeof node.update === "number") node.update = states[node.update];
  }
  return trace;
}
