// Everything that is called from outside.

return {
  aim, outline, reveal, through, writable, focus, fill, select, watch, watchText, extract, html, noteScroll, scrolled, isLarge, markFrame, walk,
  location: whereabouts, expectMouse, hasMouse,
};
