// Waiting, inside the page, until an element can be used.

const ABSENT_PAUSE_MS = 20;

const sameBox = (a, b) => a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

/** What keeps the element from being used now, found out over two animation frames; null where nothing does. */
async function obstacle(element, demands, covered) {
  const missing = lack(element, demands);
  if (missing) return { why: missing };
  if (demands.place) bringIntoView(element, covered);
  if (!demands.stable) return null;
  const before = rectOf(element);
  await nextFrame();
  const since = lack(element, demands);
  if (since) return { why: since };
  if (!sameBox(before, rectOf(element))) return { why: 'is moving' };
  if (!demands.place) return null;
  const point = pointIn(element);
  if (!point) return { why: 'cannot be scrolled into the window', covered: true };
  const cover = coveredBy(element, point);
  return cover && { why: `is covered by ${cover}`, covered: true };
}

/**
 * Waits for the first match of the selector, `patience.attach` ms for it to be there and `patience.ready` ms for it to
 * be usable, and gives what `use` makes of it. `fits` says at once where it can never be used in this way.
 */
async function whenReady(selector, demands, patience, fits, use) {
  const begun = now();
  for (let covered = 0; ; ) {
    let found;
    try {
      found = first(selector);
    } catch (error) {
      return { state: 'invalid', message: error.message };
    }
    if (!found) {
      if (now() - begun >= patience.attach) return { state: 'absent' };
      await pause(ABSENT_PAUSE_MS);
      continue;
    }
    const element = demands.control ? controlFor(found) : found;
    const misfit = fits && fits(element);
    if (misfit) return { state: 'refused', ...misfit };
    const hindrance = await obstacle(element, demands, covered);
    if (!hindrance) return use(element);
    if (hindrance.covered) covered += 1;
    if (now() - begun >= patience.ready) return { state: 'unready', why: hindrance.why };
    await nextFrame();
  }
}

const ready = (found) => ({ state: 'ready', found });
