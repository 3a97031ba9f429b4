// The answer on the page: advice, colour, shape, and what the code says.

import { spoken, word } from "./words.js";

const $ = (selector) => document.querySelector(selector);
const TEST = "HT";
const MINUTE = 60;
/** How times are written: the page's English is Hong Kong's. */
const locale = () => (spoken() === "en" ? "en-HK" : spoken());
const UNITS = [["day", 86400], ["hour", 3600], ["minute", MINUTE], ["second", 1]];

/** Say a length of time in whole seconds, minutes, hours (up to two days of them) or days. */
export function age(seconds) {
  const [unit, size] = UNITS.find(([unit, size]) => seconds >= size * (unit === "day" ? 2 : 1)) ?? UNITS.at(-1);
  const amount = Math.floor(seconds / size);
  const style = { style: "unit", unit, unitDisplay: "long" };
  // Some locales put a space before the measure word, which nothing else here has.
  return new Intl.NumberFormat(locale(), style).format(amount).replace(/ (?=\p{Script=Han})/u, "");
}

/**
 * Write the answer. `look`: ready, nothing, green, amber, red or ask; `advice` and `why` name
 * words; `how` too, or is null; `verdict` as check() gives it, or null; `now` in epoch seconds;
 * `list` as Trust gives it.
 */
export function write({ look, advice, why, how = null, verdict = null, now, list = null }) {
  $("#answer").dataset.look = look;
  $("#advice").textContent = word(advice);
  $("#why").textContent = word(why);
  $("#how").textContent = how ? word(how) : "";
  $("#facts").replaceChildren(...(verdict?.claims ? facts(verdict, now, list) : []));
}

function facts({ claims, binding, challenge }, now, list) {
  const since = now - claims.issuedAt;
  const rows = [
    ["colour", word(`colour_${claims.colour}`)],
    ["name", claims.name],
    ["until", moment(claims.expiresAt)],
    ["issued", since < MINUTE ? word("justNow") : word("ago").replace("{age}", age(since))],
    ["document", word(`document_${binding}`)],
    ["live", word(`live_${challenge}`)],
    ["withdrawn", list ? word("listAge").replace("{age}", listAge(list)) : word("listMissing")],
  ];
  if (claims.realm === TEST) rows.unshift(["kind", word("test")]);
  return rows.flatMap(([name, text]) => {
    const [term, value] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = word(name);
    value.textContent = text;
    value.dataset.fact = name;
    return [term, value];
  });
}

/** Say how old a list of withdrawn codes is, no more exactly than in minutes. */
export const listAge = (list) => age(Math.max(MINUTE, list.age));

function moment(seconds) {
  const form = { timeZone: "Asia/Hong_Kong", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const time = new Intl.DateTimeFormat(locale(), form).format(seconds * 1000);
  return word("hongKong").replace("{time}", time);
}
