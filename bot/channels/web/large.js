// Large text, as long as the person wants it.

import { lasting } from "./kept.js";

const LARGE = "large";
const button = document.querySelector("#large");

function enlarge(on) {
  document.documentElement.classList.toggle("large", on);
  button.setAttribute("aria-pressed", on);
  lasting.setItem(LARGE, on);
}

button.onclick = () => enlarge(button.getAttribute("aria-pressed") !== "true");
enlarge(lasting.getItem(LARGE) === "true");
