// Drawings for buttons, made as elements: nothing here is parsed from text.
const SVG = "http://www.w3.org/2000/svg";

const PATHS: Record<string, string> = {
  hangar: "M2 20V9l10-5 10 5v11h-4v-8H6v8z",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  back: "M14 5l-7 7 7 7M7 12h13",
  forward: "M10 5l7 7-7 7M17 12H4",
  reload: "M19 12a7 7 0 1 1-2.5-5.4M17 3v4h-4",
  hand: "M5 4l14 8-6 1.5L10 20z",
  check: "M5 12.5l4.5 4.5L19 7.5",
};

export function icon(name: string): SVGSVGElement {
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("viewBox", "0 0 24 24");
  root.setAttribute("aria-hidden", "true");
  root.setAttribute("class", `icon ${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name] ?? "");
  root.append(path);
  return root;
}
