// Scrolling as the wheel would over the middle of the window: the innermost part that can still move does.

const SCROLLS = ['auto', 'scroll', 'overlay'];

function canMove(element, left, top) {
  const style = getComputedStyle(element);
  const [before, size, shown, overflow] = top
    ? [element.scrollTop, element.scrollHeight, element.clientHeight, style.overflowY]
    : [element.scrollLeft, element.scrollWidth, element.clientWidth, style.overflowX];
  if (!SCROLLS.includes(overflow)) return false;
  return (left || top) < 0 ? before > 0 : before + shown < size - 1;
}

function scroll(left, top) {
  const options = { left, top, behavior: 'instant' };
  for (let node = topmostAt(innerWidth / 2, innerHeight / 2); node; node = flatParent(node)) {
    const isRoot = node === scrollingOf(document) || node === bodyOf(document) || node === rootOf(document);
    if (node instanceof Element && !isRoot && canMove(node, left, top)) {
      scrollElement(node, options);
      return true;
    }
  }
  scrollBy(options);
  return true;
}
