// A code as people write, paste or type it by a hand-held scanner, read as core/gate/sighting.py does.

import { PREFIXES } from "./credential.js";

const CODE = new RegExp(`(?:^|[^A-Z0-9])((?:${Object.keys(PREFIXES).join("|")})[0-9A-Z $%*+./:-]*)`);

/**
 * Return the code in a text, or the text where there is none in it. A code has no small letters and
 * no line ends, and neither begins nor ends with a space: those came with the copy.
 */
export function codeIn(text) {
  const shown = text.normalize("NFKC").replace(/\p{C}/gu, "").toUpperCase();
  return CODE.exec(shown)?.[1].trimEnd() ?? text.trim();
}
