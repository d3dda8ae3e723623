// Every chart and map as a file: as the pixels on the screen, or drawn once more as an SVG.

// A drawing context that writes an SVG down. Canvases draw themselves on it; it knows what they use.
class Paper {
  fillStyle = "#000";
  strokeStyle = "#000";
  lineWidth = 1;
  lineJoin = "miter";
  globalAlpha = 1;
  font = "10px sans-serif";
  textAlign = "left";
  textBaseline = "alphabetic";

  constructor({ width, height }, background) {
    this.size = { width, height };
    this.parts = [];
    this.path = "";
    this.matrix = new DOMMatrix();
    this.saved = [];
    this.ruler = document.createElement("canvas").getContext("2d");
    this.write("rect", { width: "100%", height: "100%", ...paint("fill", background, 1) });
  }

  get svg() {
    const { width, height } = this.size;
    const head = { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` };
    return `<svg${written(head)}>\n${this.parts.join("\n")}\n</svg>\n`;
  }

  write(name, attributes, text = "") {
    this.parts.push(`<${name}${written(attributes)}>${escaped(text)}</${name}>`);
  }

  // Only the matrix: nothing else is changed between the two.
  save() { this.saved.push(DOMMatrix.fromMatrix(this.matrix)); }
  restore() { this.matrix = this.saved.pop() ?? this.matrix; }
  translate(x, y) { this.matrix.translateSelf(x, y); }
  rotate(angle) { this.matrix.rotateSelf((angle * 180) / Math.PI); }
  scale(x, y) { this.matrix.scaleSelf(x, y); }
  resetTransform() { this.matrix = new DOMMatrix(); }

  at(x, y) {
    const { x: across, y: down } = this.matrix.transformPoint({ x, y });
    return `${short(across)} ${short(down)}`;
  }

  // How much longer a length is on the paper.
  get stretch() {
    const { a, b, c, d } = this.matrix;
    return Math.sqrt(Math.abs(a * d - b * c));
  }

  beginPath() { this.path = ""; }
  closePath() { this.path += "Z"; }
  moveTo(x, y) { this.path += `M${this.at(x, y)}`; }
  lineTo(x, y) { this.path += `${this.path ? "L" : "M"}${this.at(x, y)}`; }

  rect(x, y, width, height) {
    this.moveTo(x, y);
    this.lineTo(x + width, y);
    this.lineTo(x + width, y + height);
    this.lineTo(x, y + height);
    this.closePath();
  }

  // An arc of an SVG has two ends: a circle is two of them.
  arc(x, y, radius, from, to) {
    const point = (angle) => [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
    const length = short(radius * this.stretch);
    const bend = (angle) => `A${length} ${length} 0 0 1 ${this.at(...point(angle))}`;
    this.lineTo(...point(from));
    this.path += bend((from + to) / 2) + bend(to);
  }

  fill() {
    this.write("path", { d: this.path, ...paint("fill", this.fillStyle, this.globalAlpha) });
  }

  get pen() {
    return {
      fill: "none",
      ...paint("stroke", this.strokeStyle, this.globalAlpha),
      "stroke-width": short(this.lineWidth * this.stretch),
      "stroke-linejoin": this.lineJoin,
    };
  }

  stroke() {
    this.write("path", { d: this.path, ...this.pen });
  }

  alone(draw, ...box) {
    const path = this.path;
    this.beginPath();
    this.rect(...box);
    draw.call(this);
    this.path = path;
  }

  fillRect(...box) { this.alone(this.fill, ...box); }
  strokeRect(...box) { this.alone(this.stroke, ...box); }

  text(text, x, y, look) {
    const { a, b, c, d, e, f } = this.matrix;
    this.write("text", {
      x: short(x),
      y: short(y),
      transform: `matrix(${[a, b, c, d, short(e), short(f)].join(" ")})`,
      style: `font: ${this.font}`,
      "text-anchor": { left: "start", center: "middle", right: "end" }[this.textAlign],
      "dominant-baseline": { top: "hanging", middle: "central", bottom: "text-after-edge" }[this.textBaseline] ?? "auto",
      ...look,
    }, text);
  }

  fillText(text, x, y) { this.text(text, x, y, paint("fill", this.fillStyle, this.globalAlpha)); }
  strokeText(text, x, y) { this.text(text, x, y, { ...this.pen, "stroke-width": this.lineWidth }); }

  measureText(text) {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }
}

const short = (number) => Math.round(number * 100) / 100;
// What no XML may hold is left out: titles come from anybody's files.
const escaped = (text) => String(text).replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, "").replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const written = (attributes) => Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(value)}"`).join("");

// A colour and its opacity apart: programs that draw know no rgba().
function paint(what, color, alpha) {
  const [, red, green, blue, own = 1] = /^rgba?\((\d+), ?(\d+), ?(\d+)(?:, ?([\d.]+))?\)$/.exec(color) ?? [];
  return {
    [what]: red === undefined ? color : `rgb(${red},${green},${blue})`,
    [`${what}-opacity`]: short(own * alpha),
  };
}

function save(href, name) {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.download = name;
  anchor.click();
}

// The colour behind an element.
function ground(element) {
  for (let under = element; under; under = under.parentElement) {
    const { backgroundColor } = getComputedStyle(under);
    if (!/^rgba.* 0\)$/.test(backgroundColor)) {
      return backgroundColor;
    }
  }
  return "rgb(255,255,255)";
}

// On the page's ground: what is drawn for a dark one would be lost on white paper.
export function savePictures(kind) {
  const seen = [...document.querySelectorAll("canvas")].filter((canvas) => canvas.clientWidth > 0 && canvas.height > 0);
  for (const canvas of seen) {
    const title = canvas.closest(":has(figcaption, h2)")?.querySelector("figcaption, h2")?.firstChild?.textContent ?? "picture";
    const name = `${title.trim().toLowerCase().replace(/[^a-z0-9]+/g, "-")}.${kind}`;
    if (kind === "svg") {
      const paper = new Paper(canvas, ground(canvas));
      canvas.dispatchEvent(new CustomEvent("picture", { detail: paper }));
      const address = URL.createObjectURL(new Blob([paper.svg], { type: "image/svg+xml" }));
      save(address, name);
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } else {
      const sheet = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
      const context = sheet.getContext("2d");
      context.fillStyle = ground(canvas);
      context.fillRect(0, 0, sheet.width, sheet.height);
      context.drawImage(canvas, 0, 0);
      save(sheet.toDataURL("image/png"), name);
    }
  }
}
