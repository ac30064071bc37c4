// The point at which the mouse would use an element, or the box that a picture of it would show.

function aim(selector, enabled, patience) {
  return whenReady(selector, { enabled, place: true, stable: true }, patience, null, (element) => ready(pointIn(element)));
}

function outline(selector, patience) {
  return whenReady(selector, { stable: true }, patience, null, (element) => {
    const { x, y, width, height } = rectOf(element);
    return ready({ x, y, width, height });
  });
}

function reveal(selector, patience) {
  return whenReady(selector, {}, patience, null, (element) => {
    scrollTo(element, { block: 'center', inline: 'center', behavior: 'instant' });
    return ready(null);
  });
}

/**
 * A point of a child frame as a point of this one, where `owner` is the frame's element. With `check` it is scrolled
 * into the window, and must not be covered.
 */
function through(owner, x, y, check) {
  const place = () => {
    const rect = rectOf(owner);
    const style = getComputedStyle(owner);
    const scale = { x: rect.width / (owner.offsetWidth || 1), y: rect.height / (owner.offsetHeight || 1) };
    const inset = (side) => parseFloat(style[`border${side}Width`]) + parseFloat(style[`padding${side}`]);
    return { x: rect.left + scale.x * (inset('Left') + x), y: rect.top + scale.y * (inset('Top') + y) };
  };
  if (!check) return ready(place());
  if (!isVisible(owner)) return { state: 'unready', why: `is in ${describe(owner)}, which is not visible` };
  let point = place();
  const isInside = () => point.x >= 0 && point.y >= 0 && point.x < innerWidth && point.y < innerHeight;
  if (!isInside()) {
    scrollBy({ left: point.x - innerWidth / 2, top: point.y - innerHeight / 2, behavior: 'instant' });
    point = place();
  }
  if (!isInside()) return { state: 'unready', why: `is in ${describe(owner)}, which cannot be scrolled into the window` };
  const cover = coveredBy(owner, point);
  if (cover) return { state: 'unready', why: `is in ${describe(owner)}, which is covered by ${cover}` };
  return ready(point);
}
