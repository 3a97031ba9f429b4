// Which taps count, and for what. A message that comes may move all that is on the page: what
// somebody presses is what lay under his finger as it came down. And of two taps in haste the
// second does nothing, whatever it meets: hands tremble, and many people press everything twice.

const HASTE_MS = 500;
const FINGER = 24;

/** Where the finger, or the mouse, came down, and on which button; null when that was told. */
let down = null;
let pressed = { x: 0, y: 0, at: -HASTE_MS };

const near = (one, other) => Math.hypot(one.x - other.x, one.y - other.y) < FINGER;

function inHaste(detail, place, finger) {
  const before = pressed;
  pressed = { ...place, at: performance.now() };
  return detail > 1 || (finger && near(pressed, before) && pressed.at - before.at < HASTE_MS);
}

addEventListener(
  "pointerdown",
  ({ target, clientX: x, clientY: y, pointerType }) => {
    down = { x, y, button: target.closest("button"), finger: pointerType === "touch" };
  },
  { capture: true, passive: true },
);
addEventListener(
  "click",
  (event) => {
    // A key, or a program that clicks, presses at no place.
    if (!event.detail) return;
    const place = { x: event.clientX, y: event.clientY };
    const began = down;
    down = null;
    const met = event.target.closest("button");
    // Who draws his finger away has thought better of it.
    const meant = began && near(began, place) ? began.button : met;
    if (!met && !meant) return;
    const hasty = inHaste(event.detail, place, began?.finger);
    if (meant === met && !hasty) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!hasty) meant?.click();
  },
  { capture: true },
);
