// Base45 (RFC 9285), read strictly: a text that no encoder writes is no text at all.

import { Malformed } from "./cbor.js";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** Return the bytes that a text stands for, or throw Malformed. */
export function decode(text) {
  if (text.length % 3 === 1) throw new Malformed("cut short");
  const bytes = [];
  for (let at = 0; at < text.length; at += 3) {
    const digits = Array.from(text.slice(at, at + 3), (c) => ALPHABET.indexOf(c));
    const value = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    const most = digits.length === 3 ? 0xffff : 0xff;
    if (digits.includes(-1) || value > most) throw new Malformed("not base45");
    if (digits.length === 3) bytes.push(value >> 8);
    bytes.push(value & 0xff);
  }
  return Uint8Array.from(bytes);
}
