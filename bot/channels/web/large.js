// Large text, as long as the person wants it.

const LARGE = "large";
const button = document.querySelector("#large");

function enlarge(on) {
  document.documentElement.classList.toggle("large", on);
  button.setAttribute("aria-pressed", on);
  localStorage.setItem(LARGE, on);
}

button.onclick = () => enlarge(button.getAttribute("aria-pressed") !== "true");
enlarge(localStorage.getItem(LARGE) === "true");
