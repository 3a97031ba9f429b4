// Bytes and the texts that stand for them.

/** Name bytes, so that they can be looked up: two hexadecimal digits each. */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Read base64url without padding (RFC 7515 §2). */
export const base64url = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

/** Put pieces one after the other. */
export function joined(...pieces) {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Return -1, 0 or 1 as the first comes before, with or after the second, byte by byte. */
export function compared(one, other) {
  for (let i = 0; i < Math.min(one.length, other.length); i += 1) {
    if (one[i] !== other[i]) return one[i] < other[i] ? -1 : 1;
  }
  return Math.sign(one.length - other.length);
}
