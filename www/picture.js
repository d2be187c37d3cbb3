// The stage as a picture of its own: SVG that needs neither this page's styles nor its fonts. It is made from what is on the page:
// boxes and words from their computed styles and places, drawings as they are, and the messages by letting the program draw them once
// more, on a pen that writes SVG instead of a canvas. What only serves the pointer is left out.

const LEFT_OUT = ".sg-acts, .msg-card, .sr";
const SHAPES = new Set(["path", "circle", "rect", "line", "text", "g"]);
const COPIED = ["d", "cx", "cy", "r", "x", "y", "width", "height", "rx", "points", "transform", "pathLength", "text-anchor"];
const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity"];

const number = (value) => String(Math.round(value * 100) / 100);
const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const seen = (colour) => colour && colour !== "none" && colour !== "transparent" && !/,\s*0\)$|\/\s*0\)$/.test(colour);
const tag = (name, attributes, inside) => {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([key, value]) => ` ${key}="${escape(typeof value === "number" ? number(value) : value)}"`);
  return inside === undefined ? `<${name}${list.join("")}/>` : `<${name}${list.join("")}>${inside}</${name}>`;
};

/** What the program draws messages on: as much of a canvas as it uses. */
class Pen {
  globalAlpha = 1;
  lineWidth = 1;
  strokeStyle = "#000";
  fillStyle = "#000";
  font = "11px sans-serif";
  lineCap = "round";
  lineJoin = "round";
  #path = "";
  constructor(out) {
    this.out = out;
  }
  beginPath() {
    this.#path = "";
  }
  moveTo(x, y) {
    this.#path += `M${number(x)} ${number(y)}`;
  }
  lineTo(x, y) {
    this.#path += `L${number(x)} ${number(y)}`;
  }
  closePath() {
    this.#path += "z";
  }
  rect(x, y, width, height) {
    this.#path += `M${number(x)} ${number(y)}h${number(width)}v${number(height)}h${number(-width)}z`;
  }
  /** Only ever a whole circle. */
  arc(x, y, radius) {
    const around = `a${number(radius)} ${number(radius)} 0 1 1 `;
    this.#path += `M${number(x + radius)} ${number(y)}${around}${number(-2 * radius)} 0${around}${number(2 * radius)} 0z`;
  }
  #draw(look) {
    if (this.#path) this.out.push(tag("path", { d: this.#path, opacity: this.globalAlpha < 1 ? this.globalAlpha : undefined, ...look }));
  }
  fill() {
    this.#draw({ fill: this.fillStyle });
  }
  #line() {
    return { stroke: this.strokeStyle, "stroke-width": this.lineWidth, "stroke-linecap": this.lineCap, "stroke-linejoin": this.lineJoin };
  }
  stroke() {
    this.#draw({ fill: "none", ...this.#line() });
  }
  #text(text, x, y, look) {
    const [, size, family] = /^(\d+)px (.*)$/.exec(this.font) ?? [undefined, "11", "sans-serif"];
    this.out.push(tag("text", { x, y, "font-size": size, "font-family": family, "text-anchor": "middle", ...look }, escape(text)));
  }
  fillText(text, x, y) {
    this.#text(text, x, y, { fill: this.fillStyle });
  }
  strokeText(text, x, y) {
    this.#text(text, x, y, { fill: "none", ...this.#line() });
  }
}

class Picture {
  out = [];
  defs = [];
  #ids = 0;
  #ruler = document.createElement("canvas").getContext("2d");
  constructor(field, paint) {
    this.field = field;
    this.paint = paint;
    this.origin = field.getBoundingClientRect();
  }

  place(rect) {
    return { x: rect.left - this.origin.left, y: rect.top - this.origin.top, w: rect.width, h: rect.height };
  }

  /** Background, edge and inner shadow of a box. */
  box({ x, y, w, h }, style) {
    const radius = Math.min(Number.parseFloat(style.borderTopLeftRadius) || 0, w / 2, h / 2);
    const area = { x, y, width: w, height: h, rx: radius || undefined };
    if (seen(style.backgroundColor)) this.out.push(tag("rect", { ...area, fill: style.backgroundColor }));
    const pattern = /repeating-linear/.test(style.backgroundImage) ? "hatch" : /radial/.test(style.backgroundImage) ? "dots" : "";
    if (pattern) this.out.push(tag("rect", { ...area, fill: `url(#${pattern})` }));
    const edge = (width, colour, dash) => {
      if (!(width > 0) || !seen(colour)) return;
      const inside = { x: x + width / 2, y: y + width / 2, width: w - width, height: h - width, rx: Math.max(radius - width / 2, 0) || undefined };
      this.out.push(tag("rect", { ...inside, fill: "none", stroke: colour, "stroke-width": width, ...dash }));
    };
    const width = Number.parseFloat(style.borderTopWidth);
    const dash = {
      dashed: { "stroke-dasharray": `${number(width * 3)} ${number(width * 2)}` },
      dotted: { "stroke-dasharray": `0 ${number(width * 2)}`, "stroke-linecap": "round" },
    };
    if (style.borderTopStyle !== "none") edge(width, style.borderTopColor, dash[style.borderTopStyle]);
    const shadow = /(rgba?\([^)]*\)) 0px 0px 0px ([\d.]+)px inset/.exec(style.boxShadow);
    if (shadow) edge(Number(shadow[2]), shadow[1]);
  }

  /** What CSS puts before or after. */
  pseudo(element, which) {
    const style = getComputedStyle(element, which);
    if (style.content === "none" || style.position !== "absolute") return;
    const { x, y } = this.place(element.getBoundingClientRect());
    const px = (value) => Number.parseFloat(value) || 0;
    // All edges of such a box are alike.
    const edges = style.boxSizing === "border-box" ? 0 : 2 * px(style.borderTopWidth);
    const [w, h] = [px(style.width) + edges, px(style.height) + edges];
    this.box({ x: x + px(style.left), y: y + px(style.top), w, h }, style);
  }

  words(node, style) {
    const look = { fill: style.color, "font-family": style.fontFamily, "font-size": style.fontSize, "font-weight": style.fontWeight };
    const range = document.createRange();
    if (style.writingMode.startsWith("vertical")) {
      range.selectNodeContents(node);
      const { x, y, w, h } = this.place(range.getBoundingClientRect());
      const turned = `translate(${number(x + w / 2)} ${number(y + h / 2)}) rotate(-90)`;
      this.out.push(tag("text", { ...look, transform: turned, "text-anchor": "middle", dy: "0.35em" }, escape(node.data.trim())));
      return;
    }
    const lines = [];
    for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const rect = this.place(range.getBoundingClientRect());
      if (rect.w === 0) continue;
      const line = lines.at(-1);
      if (line && Math.abs(line.y - rect.y) < 2) {
        line.text += ` ${word}`;
        line.w = rect.x + rect.w - line.x;
      } else {
        lines.push({ ...rect, text: word });
      }
    }
    this.#ruler.font = style.font;
    const ascent = this.#ruler.measureText("x").fontBoundingBoxAscent;
    for (const line of lines) {
      const text = this.cut(line, node.parentElement);
      const fit = line.text.length > 1 ? { textLength: line.w, lengthAdjust: "spacingAndGlyphs" } : {};
      this.out.push(tag("text", { ...look, x: line.x, y: line.y + ascent, ...fit }, escape(text)));
    }
  }

  /** As much of a line as its box lets be seen, as the page cuts it. */
  cut(line, within) {
    let box = within;
    while (box !== this.field && getComputedStyle(box).overflowX === "visible") box = box.parentElement;
    const end = this.place(box.getBoundingClientRect());
    const room = end.x + end.w - line.x;
    if (getComputedStyle(box).textOverflow !== "ellipsis" || line.w <= room + 1) return line.text;
    const dots = this.#ruler.measureText("…").width;
    let text = line.text;
    while (text && this.#ruler.measureText(text).width + dots > room) text = text.slice(0, -1);
    line.w = this.#ruler.measureText(text).width + dots;
    return `${text.trimEnd()}…`;
  }

  drawing(svg) {
    const { x, y, w, h } = this.place(svg.getBoundingClientRect());
    const view = svg.viewBox.baseVal;
    const scaled = view && view.width > 0;
    let moved = `translate(${number(x)} ${number(y)})`;
    if (scaled) moved += ` scale(${w / view.width} ${h / view.height}) translate(${number(-view.x)} ${number(-view.y)})`;
    const turn = Number.parseFloat(getComputedStyle(svg).rotate);
    if (turn) moved += ` rotate(${turn} ${scaled ? `${view.x + view.width / 2} ${view.y + view.height / 2}` : `${w / 2} ${h / 2}`})`;
    const shapes = [...svg.children].map((shape) => this.shape(shape)).join("");
    if (shapes) this.out.push(tag("g", { transform: moved }, shapes));
  }

  shape(shape) {
    const style = getComputedStyle(shape);
    if (!SHAPES.has(shape.localName) || style.display === "none" || style.opacity === "0") return "";
    if (shape.localName === "path" && !shape.getAttribute("d")) return "";
    const attributes = {};
    for (const name of COPIED) attributes[name] = shape.getAttribute(name) ?? undefined;
    if (shape.localName === "g") return tag("g", attributes, [...shape.children].map((inner) => this.shape(inner)).join(""));
    for (const name of LOOKS) attributes[name] = style.getPropertyValue(name);
    if (shape.localName !== "text") return tag(shape.localName, attributes);
    if (!shape.textContent.trim()) return "";
    return tag("text", { ...attributes, stroke: undefined, "font-family": style.fontFamily, "font-size": style.fontSize, "font-weight": style.fontWeight }, escape(shape.textContent.trim()));
  }

  element(element) {
    if (element.matches(LEFT_OUT)) return;
    const style = getComputedStyle(element);
    if (style.display === "none" || style.opacity === "0") return;
    if (element.localName === "canvas") {
      this.paint(new Pen(this.out));
      return;
    }
    if (element.localName === "svg") {
      this.drawing(element);
      return;
    }
    const place = this.place(element.getBoundingClientRect());
    this.pseudo(element, "::before");
    this.box(place, style);
    const clips = style.overflowX !== "visible" && element !== this.field;
    if (clips) {
      this.#ids += 1;
      const area = { x: place.x, y: place.y, width: place.w, height: place.h, rx: Number.parseFloat(style.borderTopLeftRadius) || undefined };
      this.defs.push(tag("clipPath", { id: `c${this.#ids}` }, tag("rect", area)));
      this.out.push(`<g clip-path="url(#c${this.#ids})">`);
    }
    for (const child of element.childNodes) {
      if (child instanceof Text) this.words(child, style);
      else if (child instanceof Element) this.element(child);
    }
    this.pseudo(element, "::after");
    if (clips) this.out.push("</g>");
  }

  toSvg(title) {
    const root = getComputedStyle(document.documentElement);
    const colour = (name) => root.getPropertyValue(name).trim();
    this.element(this.field);
    const [width, height] = [Math.ceil(this.origin.width), Math.ceil(this.origin.height)];
    const hatch = tag("path", { d: "M0 0H6", stroke: colour("--fenced"), "stroke-width": 1, opacity: 0.35 });
    const dots = tag("circle", { cx: 1.5, cy: 1.5, r: 1, fill: colour("--edge"), opacity: 0.6 });
    const pattern = (id, size, inside, transform) =>
      tag("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: transform }, inside);
    const defs = pattern("hatch", 5, hatch, "rotate(-45)") + pattern("dots", 5, dots) + this.defs.join("");
    const inside = tag("title", {}, escape(title)) + tag("defs", {}, defs) + tag("rect", { width, height, fill: colour("--paper") }) + this.out.join("");
    return tag("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, role: "img" }, inside);
  }
}

globalThis.stagePicture = {
  /** The stage as SVG text; `paint` is called with a pen for the messages. */
  svg(paint, title) {
    const field = document.querySelector(".sg-field");
    return field && new Picture(field, paint).toSvg(title);
  },
  /** SVG text as a PNG, twice as large in pixels. */
  async png(svg) {
    const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    try {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.naturalWidth * 2, image.naturalHeight * 2];
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      return await new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture"))), "image/png"));
    } finally {
      URL.revokeObjectURL(url);
    }
  },
};
