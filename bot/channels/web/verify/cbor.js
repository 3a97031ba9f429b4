// CBOR that strangers wrote (RFC 8949): one item, deterministically encoded, or nothing at all.
//
// A code is read before its signature can be checked. So nothing is built that a code does not
// use, and two different texts never mean the same. Integers are numbers, beyond 2^53 BigInts;
// maps are Maps, whose keys are integers and texts alone.

import { compared } from "./bytes.js";

export class Malformed extends Error {}

/** An item under a tag, unexplained. */
export class Tagged {
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

/** The smallest argument that may take 1, 2, 4 or 8 bytes (RFC 8949 §4.2.1). */
const SHORTEST = new Map([[24, 24n], [25, 1n << 8n], [26, 1n << 16n], [27, 1n << 32n]]);
const SIMPLE = new Map([[20, false], [21, true], [22, null]]);
// A byte order mark is a character like any other: it must not vanish.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Return the one item that `data` is, nested at most `depth` deep (a tag or a container counts
 * one), or throw Malformed.
 */
export function read(data, depth) {
  const [value, end] = item(data, 0, depth);
  if (end !== data.length) throw new Malformed("bytes after the item");
  return value;
}

export const isInteger = (value) => typeof value === "number" || typeof value === "bigint";
export const isBytes = (value, length) => value instanceof Uint8Array && value.length === length;

function item(data, start, depth) {
  const [major, argument, at] = head(data, start);
  if (major === 0) return [argument, at];
  if (major === 1) return [number(-1n - BigInt(argument)), at];
  if (major === 2 || major === 3) return string(data, at, argument, major === 3);
  if (major === 7) {
    if (!SIMPLE.has(argument)) throw new Malformed("a simple value or a float");
    return [SIMPLE.get(argument), at];
  }
  if (depth === 0) throw new Malformed("nested too deeply");
  if (major === 4) return array(data, at, argument, depth - 1);
  if (major === 5) return map(data, at, argument, depth - 1);
  if (start) throw new Malformed("a tag inside");
  const [value, end] = item(data, at, depth - 1);
  return [new Tagged(argument, value), end];
}

const number = (big) => (Number.isSafeInteger(Number(big)) ? Number(big) : big);

/** Return major type, argument and where the content begins (RFC 8949 §3). */
function head(data, at) {
  if (at >= data.length) throw new Malformed("cut short");
  const major = data[at] >> 5;
  const short = data[at] & 31;
  if (short < 24) return [major, short, at + 1];
  if (!SHORTEST.has(short) || major === 7) {
    throw new Malformed("an indefinite length, a reserved one, or a float");
  }
  const end = at + 1 + (1 << (short - 24));
  const argument = data.subarray(at + 1, end).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  if (end > data.length || argument < SHORTEST.get(short)) {
    throw new Malformed("cut short, or not the shortest form");
  }
  return [major, number(argument), end];
}

function string(data, at, length, text) {
  if (length > data.length - at) throw new Malformed("cut short");
  const end = at + Number(length);
  const bytes = data.slice(at, end);
  if (!text) return [bytes, end];
  try {
    return [UTF8.decode(bytes), end];
  } catch {
    throw new Malformed("a text that is not UTF-8");
  }
}

function array(data, start, length, depth) {
  const items = [];
  let at = start;
  for (let i = 0; i < length; i += 1) {
    const [value, end] = item(data, at, depth);
    items.push(value);
    at = end;
  }
  return [items, at];
}

function map(data, start, length, depth) {
  const items = new Map();
  let previous = new Uint8Array();
  let at = start;
  for (let i = 0; i < length; i += 1) {
    const [key, from] = item(data, at, 0);
    const encoded = data.subarray(at, from);
    if (!(isInteger(key) || typeof key === "string") || compared(encoded, previous) <= 0) {
      throw new Malformed("a key twice, out of order, or of an odd type");
    }
    previous = encoded;
    const [value, end] = item(data, from, depth);
    items.set(key, value);
    at = end;
  }
  return [items, at];
}
