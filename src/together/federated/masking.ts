import {
  createCipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { checkArgument } from "../../core/arguments.js";
import type { Merged } from "./merge.js";
import {
  type Contribution,
  checkPlan,
  type FederationPlan,
  federationInvalid,
  planVersion,
  type Sums,
  sumsOf,
  triangleOf,
} from "./statistics.js";

/**
 * Secure aggregation by pairwise masks (Bonawitz et al., 2017, without its recovery of drop-outs): every two sites
 * share a stream of numbers that one adds and the other takes away, so that the sum over all sites is exact and no
 * single contribution says anything. Numbers are fixed point modulo 2^64, so that masks cancel to the last bit. A
 * site that drops out makes the round void: the others repeat it without that site.
 */
export interface MaskedContribution {
  schemaVersion: 1;
  site: string;
  plan: string;
  size: number;
  round: string;
  /** All sites of the round, sorted: with one missing, nothing can be read. */
  sites: string[];
  /** Every number of the sums, masked, as little-endian 64-bit words in base64. */
  words: string;
}

/** A site's key pair for a round; the public part goes to the other sites. */
export interface MaskingKey {
  /** X25519, SPKI in DER, base64. */
  publicKey: string;
  privateKey: KeyObject;
}

/** Bits behind the binary point: sums are exact to 2^-30, and have room up to 2^33. */
const FRACTION_BITS = 30n;
const SCALE = 2 ** Number(FRACTION_BITS);
/** Largest sum of all sites of a round together: beyond it, words would wrap around. */
const LARGEST = 2 ** 33;
/** Numbers of a destination beside gram and moment: rows, weight, reward, square. */
const COUNTS = 4;

/**
 * A fresh key pair; use each for one round only.
 * @example
 * ```ts
 * const mine = maskingKey();
 * const peers = { north: mine.publicKey, south: keyOfSouth };
 * ```
 */
export function maskingKey(): MaskingKey {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  return { publicKey: publicKey.export({ type: "spki", format: "der" }).toString("base64"), privateKey };
}

/** The step of the fixed point: a masked sum differs from the plain one by at most half of it per site. */
export const MASKING_STEP = 1 / SCALE;

/**
 * Masks a contribution for a round.
 * @param peers public keys of all sites of the round, this one's included, by site
 * @throws FEDERATION_INVALID for a site that is not among the peers, or numbers beyond its share of 2^33
 * @example const masked = maskContribution(plan, contributionOf(plan, "north", federatedRows), key, peers, "2026-11");
 */
export function maskContribution(
  plan: FederationPlan,
  contribution: Contribution,
  key: MaskingKey,
  peers: Readonly<Record<string, string>>,
  round: string,
): MaskedContribution {
  checkPlan(plan);
  checkArgument(contribution, "contribution", { site: "text", sums: "object" }, "FEDERATION_INVALID");
  checkArgument(key, "key", "object", "FEDERATION_INVALID");
  checkArgument(peers, "peers", "object", "FEDERATION_INVALID");
  checkArgument(round, "round", "text", "FEDERATION_INVALID");
  const { site, size } = contribution;
  const sites = Object.keys(peers).sort();
  if (!sites.includes(site) || sites.length < 2)
    throw federationInvalid(`the site ${site} among ${sites.join(", ")}`, "two sites or more, this one among them");
  const words = fixedPoint(plan, contribution, LARGEST / sites.length);
  for (const peer of sites) {
    if (peer === site) continue;
    const mask = stream(
      key,
      peers[peer] ?? "",
      [round, planVersion(plan), ...[site, peer].sort()].join("|"),
      words.length,
    );
    // Of two sites the first adds what the second takes away.
    words.forEach((word, i) => {
      words[i] = site < peer ? word + (mask[i] ?? 0n) : word - (mask[i] ?? 0n);
    });
  }
  const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
  return { schemaVersion: 1, site, plan: planVersion(plan), size, round, sites, words: bytes.toString("base64") };
}

/**
 * Adds masked contributions up; the masks cancel.
 * @throws FEDERATION_INVALID where a site of the round is missing or stands twice, or rounds or plans differ
 * @example const merged = mergeMasked(plan, maskedContributions);
 */
export function mergeMasked(plan: FederationPlan, contributions: readonly MaskedContribution[]): Merged {
  checkPlan(plan);
  checkArgument(contributions, "contributions", "objects", "FEDERATION_INVALID");
  const [first] = contributions;
  if (!first) throw federationInvalid("no contribution", "those of all sites of a round");
  const sites = contributions.map((c) => c.site).sort();
  if (sites.join("\n") !== first.sites.join("\n"))
    throw federationInvalid(
      `contributions of ${sites.join(", ")}`,
      `those of ${first.sites.join(", ")}`,
      "Repeat the round without the sites that dropped out.",
    );
  const total = new BigUint64Array(wordsOf(plan, first.size));
  for (const { plan: version, round, words, size } of contributions) {
    const given = toWords(Buffer.from(words, "base64"));
    if (version !== planVersion(plan) || round !== first.round || size !== first.size || given.length !== total.length)
      throw federationInvalid("contributions of different rounds or plans", "one round under one plan");
    given.forEach((word, i) => {
      total[i] = (total[i] ?? 0n) + word;
    });
  }
  return { sites, size: first.size, sums: fromFixedPoint(plan, first.size, total) };
}

const wordsOf = (plan: FederationPlan, size: number) => plan.destinations.length * (COUNTS + triangleOf(size) + size);

function fixedPoint(plan: FederationPlan, contribution: Contribution, largest: number): BigUint64Array {
  // Noise may have been added before: a released contribution is masked like any other.
  const sums = sumsOf(plan, contribution, true);
  const { size } = contribution;
  const numbers: number[] = [];
  for (const name of [...plan.destinations].sort()) {
    const s = sums.get(name);
    if (!s) numbers.push(...new Array<number>(COUNTS + triangleOf(size) + size).fill(0));
    else numbers.push(s.rows, s.weight, s.reward, s.square, ...s.gram, ...s.moment);
  }
  return BigUint64Array.from(numbers, (v) => {
    if (!(Math.abs(v) < largest))
      throw federationInvalid(
        `a sum of ${v}`,
        `sums below ${largest} in a round of so many sites`,
        "Clip rows, or contribute fewer at once.",
      );
    return BigInt.asUintN(64, BigInt(Math.round(v * SCALE)));
  });
}

function fromFixedPoint(plan: FederationPlan, size: number, words: BigUint64Array): Map<string, Sums> {
  const value = (word: bigint) => Number(BigInt.asIntN(64, word)) / SCALE;
  const sums = new Map<string, Sums>();
  let at = 0;
  const next = (count: number) => Float64Array.from({ length: count }, () => value(words[at++] ?? 0n));
  for (const name of [...plan.destinations].sort()) {
    const [rows = 0, weight = 0, reward = 0, square = 0] = next(COUNTS);
    sums.set(name, { rows, weight, reward, square, gram: next(triangleOf(size)), moment: next(size) });
  }
  return sums;
}

function toWords(bytes: Buffer): BigUint64Array {
  const copy = new Uint8Array(bytes.byteLength - (bytes.byteLength % 8));
  copy.set(bytes.subarray(0, copy.length));
  return new BigUint64Array(copy.buffer);
}

/** Numbers that only these two sites know: X25519, HKDF-SHA-256, and ChaCha20 as the stream. */
function stream(key: MaskingKey, peer: string, label: string, length: number): BigUint64Array {
  let secret: Buffer;
  try {
    const publicKey = createPublicKey({ key: Buffer.from(peer, "base64"), type: "spki", format: "der" });
    secret = diffieHellman({ privateKey: key.privateKey, publicKey });
  } catch {
    throw federationInvalid("a public key that is none", "an X25519 key as maskingKey gives it");
  }
  const material = Buffer.from(hkdfSync("sha256", secret, "", label, 32));
  const cipher = createCipheriv("chacha20", material, Buffer.alloc(16));
  const bytes = cipher.update(Buffer.alloc(length * 8));
  return toWords(bytes);
}
