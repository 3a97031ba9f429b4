// The language of a page: which one, and every word of the page in it.

import { lasting } from "./kept.js";

const CHOSEN = "language";
/** A page's words: by language tag, then by name. */
let words = {};
let language = lasting.getItem(CHOSEN) ?? guess(navigator.languages);

/** Give the page its words. */
export function learn(catalogue) {
  words = catalogue;
}

function guess(tags) {
  for (const tag of tags) {
    const low = tag.toLowerCase();
    if (low.startsWith("en")) return "en";
    if (/^zh.*hans|^zh-(cn|sg)|^zh$/.test(low)) return "zh-Hans";
    if (/^zh|^yue/.test(low)) return "zh-Hant-HK";
  }
  return "en";
}

export const spoken = () => language;
export const word = (name) => words[language][name];

/** Write an element's words, now and whenever the language changes. */
export function say(element, name) {
  element.dataset.word = name;
  element.textContent = name ? word(name) : "";
  return element;
}

/** Change the page's language; `chosen` by the person himself, so that it is remembered. */
export function speak(tag, chosen = false) {
  if (!(tag in words)) return;
  language = tag;
  if (chosen) lasting.setItem(CHOSEN, tag);
  document.documentElement.lang = tag;
  document.title = word("title");
  for (const e of document.querySelectorAll("[data-word]")) {
    if (e.dataset.word) e.textContent = word(e.dataset.word);
  }
  for (const e of document.querySelectorAll("[data-label]")) {
    e.setAttribute("aria-label", word(e.dataset.label));
  }
  for (const e of document.querySelectorAll("[data-title]")) e.title = word(e.dataset.title);
  for (const e of document.querySelectorAll("[data-placeholder]")) {
    e.placeholder = word(e.dataset.placeholder);
  }
  document.querySelector("#language").value = tag;
}
