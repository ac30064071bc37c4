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

const SETTLING_FRAMES = 20;

/** A point once it has kept its place, long enough for the frame's own process to know of it, too. */
async function settled(place) {
  let before = place();
  for (let frame = 0, kept = 0; frame < SETTLING_FRAMES && kept < 2; frame += 1) {
    await nextFrame();
    const after = place();
    kept = after.x === before.x && after.y === before.y ? kept + 1 : 0;
    before = after;
  }
  return before;
}

/** A point of a child frame as a point of this one, where `owner` is the frame's element. */
function placeIn(owner, { x, y }) {
  const rect = rectOf(owner);
  const style = getComputedStyle(owner);
  const scale = { x: rect.width / (owner.offsetWidth || 1), y: rect.height / (owner.offsetHeight || 1) };
  const inset = (side) => parseFloat(style[`border${side}Width`]) + parseFloat(style[`padding${side}`]);
  return { x: rect.left + scale.x * (inset('Left') + x), y: rect.top + scale.y * (inset('Top') + y) };
}

/** The same; with `check` the point is scrolled into the window and must not be covered. */
async function through(owner, x, y, check) {
  const place = () => placeIn(owner, { x, y });
  if (!check) return ready(place());
  const fault = (what) => ({ state: 'unready', why: `is in ${describe(owner)}, which ${what}` });
  const isInside = ({ x, y }) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight;
  if (!isVisible(owner)) return fault('is not visible');
  let point = await settled(place);
  if (!isInside(point)) {
    scrollBy({ left: point.x - innerWidth / 2, top: point.y - innerHeight / 2, behavior: 'instant' });
    point = await settled(place);
  }
  if (!isInside(point)) return fault('cannot be scrolled into the window');
  const cover = coveredBy(owner, point);
  return cover ? fault(`is covered by ${cover}`) : ready(point);
}
