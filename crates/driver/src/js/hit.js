// Whether a click at an element's place would get to it, and making that so by scrolling.

const ALIGNMENTS = ['end', 'center', 'start'];

/** Scrolls an element into view; the further ways are for when something lies over it. */
function bringIntoView(element, covered) {
  if (covered === 0) return scrollIfNeeded(element, true);
  const block = ALIGNMENTS[(covered - 1) % ALIGNMENTS.length];
  return scrollTo(element, { block, inline: 'center', behavior: 'instant' });
}

/** The middle of what the window shows of an element. */
function pointIn(element) {
  for (const rect of boxes(element)) {
    const left = Math.max(0, rect.left);
    const top = Math.max(0, rect.top);
    const right = Math.min(innerWidth, rect.right);
    const bottom = Math.min(innerHeight, rect.bottom);
    if (right - left > 0.5 && bottom - top > 0.5) return { x: (left + right) / 2, y: (top + bottom) / 2 };
  }
  return null;
}

/** The innermost element at a point, through open shadow roots. */
function topmostAt(x, y) {
  let hit = inDocument.at(document, x, y);
  while (hit && shadowOf(hit)) {
    const inside = inShadow.at(shadowOf(hit), x, y);
    if (!inside || inside === hit) break;
    hit = inside;
  }
  return hit;
}

/** What would get a click at the point instead of the element; null where nothing would. */
function coveredBy(element, { x, y }) {
  const hit = topmostAt(x, y);
  for (let node = hit; node; node = flatParent(node)) {
    if (node === element) return null;
    if (node instanceof HTMLLabelElement && controlOf(node) === element) return null;
  }
  return hit ? describe(hit) : 'nothing that takes clicks';
}
