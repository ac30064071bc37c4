import "../shared/style.css";
import { element } from "../shared/dom.ts";

document.body.append(element("main", {}, "The replay is on its way."));
