// Letting the page go on. A page in the background has no animation frames, so none is waited for without a limit.

const WITHOUT_FRAMES_MS = 200;

function nextFrame() {
  return new Promise((resolve) => {
    requestAnimationFrame(resolve);
    setTimeout(resolve, WITHOUT_FRAMES_MS);
  });
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
