import "../shared/style.css";
import { element } from "../shared/dom.ts";

document.body.append(element("main", {}, "The live view is on its way."));
