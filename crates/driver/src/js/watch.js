// Waiting for something to be seen, or to be seen no longer.

const LOOK_MS = 50;

async function until(holds, patience) {
  for (const begun = now(); ; ) {
    try {
      if (holds()) return ready(null);
    } catch (error) {
      return { state: 'invalid', message: error.message };
    }
    if (now() - begun >= patience) return { state: 'absent' };
    await pause(LOOK_MS);
  }
}

const STATES = {
  attached: (selector) => first(selector) !== null,
  visible: (selector) => all(selector).some(isVisible),
  hidden: (selector) => !all(selector).some(isVisible),
};

function watch(selector, state, patience) {
  return until(() => STATES[state](selector), patience);
}

const oneLine = (text) => text.replace(/\s+/g, ' ').trim();

/** The text that is shown, as a person would read it. */
function* shownTexts() {
  const body = bodyOf(document);
  yield body instanceof HTMLElement ? innerText(body) : wholeText(rootOf(document)) ?? '';
  for (const shadow of shadows(document)) {
    for (const child of childrenOf(shadow)) {
      if (child instanceof HTMLElement && isVisible(child)) yield innerText(child);
    }
  }
}

function watchText(text, patience) {
  const wanted = oneLine(text);
  return until(() => shownTexts().some((shown) => oneLine(shown).includes(wanted)), patience);
}
