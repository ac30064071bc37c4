// How far the wheel has moved what is under it: places are noted before, and compared once they stand still.

const MOST_SCROLLERS = 2000;
const STILL_FRAMES = 6;
const LONGEST_MS = 3000;

let places = [];

const isFrame = (node) => node instanceof HTMLIFrameElement || node instanceof HTMLFrameElement;
const canScroll = (element) =>
  element.scrollHeight > element.clientHeight || element.scrollWidth > element.clientWidth;

/** Notes where everything stands that is in the middle of the window or, `everywhere`, in the document. */
function noteScroll(everywhere) {
  const [x, y] = [innerWidth / 2, innerHeight / 2];
  const hit = topmostAt(x, y);
  const noted = [];
  for (let node = hit; node; node = flatParent(node)) if (node instanceof Element) noted.push(node);
  if (everywhere) noted.push(...[...inDocument.all(document, '*')].filter(canScroll).slice(0, MOST_SCROLLERS));
  const root = scrollingOf(document);
  if (root) noted.push(root);
  places = noted.map((element) => ({ element, left: scrollLeftOf(element), top: scrollTopOf(element) }));
  return { x, y, scale: visualViewport.scale, isFrame: isFrame(hit) };
}

function wayOf(left, top) {
  const way = ({ element, left: fromLeft, top: fromTop }) =>
    left ? Math.sign(left) * (scrollLeftOf(element) - fromLeft) : Math.sign(top) * (scrollTopOf(element) - fromTop);
  return Math.max(0, ...places.map(way));
}

/** How far it has gone once it is all the way, or stands still, or has not moved for `patience` ms. */
async function scrolled(left, top, patience) {
  const begun = now();
  let far = 0;
  for (let still = 0; now() - begun < LONGEST_MS; ) {
    await nextFrame();
    const way = wayOf(left, top);
    if (way >= Math.abs(left || top)) return way;
    still = way === far ? still + 1 : 0;
    far = way;
    if (still >= STILL_FRAMES && (far > 0 || now() - begun >= patience)) break;
  }
  return far;
}
