// Whether the mouse gets to an element. In a frame with a process of its own only the events themselves tell: the browser
// decides by what was drawn last where they go.

const pathOf = bound(Event.prototype.composedPath);
const MOVES = ['pointermove', 'mousemove', 'mouseover'];

let arrived = false;
let stopListening = () => {};

/** Takes note of moves over the element from now on. */
function expectMouse(selector) {
  stopListening();
  const element = first(selector);
  const note = (event) => {
    arrived ||= event.isTrusted && pathOf(event).includes(element);
  };
  arrived = false;
  for (const kind of MOVES) addEventListener(kind, note, true);
  stopListening = () => {
    for (const kind of MOVES) removeEventListener(kind, note, true);
  };
  return true;
}

function hasMouse() {
  stopListening();
  return arrived;
}
