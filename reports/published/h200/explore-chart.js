// The chart of the chosen points (uPlot): a line for each row and place, over the size, both axes logarithmic.
"use strict";
(function () {
  const FEW = 40, NAMED = 16, HEIGHT = 360, MARK = 6;
  let chart = null, watch = null;

  // Forms of a method have its colour: their points tell them apart, of the first form filled ones.
  const SHAPES = {
    circle: (path, x, y, r) => { path.moveTo(x + r, y); path.arc(x, y, r, 0, 2 * Math.PI); },
    square: (path, x, y, r) => path.rect(x - r, y - r, 2 * r, 2 * r),
    triangle: (path, x, y, r) => { path.moveTo(x, y - r); path.lineTo(x + r, y + r); path.lineTo(x - r, y + r); path.closePath(); },
    diamond: (path, x, y, r) => { path.moveTo(x, y - r); path.lineTo(x + r, y); path.lineTo(x, y + r); path.lineTo(x - r, y); path.closePath(); },
  };
  const MARKS = { "": ["●", "circle"], compiled: ["○", "circle"], graph: ["□", "square"], allocating: ["△", "triangle"] };
  const form = (line) => line.of.row.split(":")[1] || "", mark = (line) => MARKS[form(line)] || ["◇", "diamond"];

  // uPlot has circles of its own only.
  function drawMarks(shape) {
    return (u, k, first, last) => {
      const path = new Path2D(), r = (MARK * devicePixelRatio) / 2;
      for (let at = first; at <= last; at++)
        if (u.data[k][at] > 0) SHAPES[shape](path, u.valToPos(u.data[0][at], "x", true), u.valToPos(u.data[k][at], "y", true), r);
      return { stroke: path, fill: path };
    };
  }

  // Points of one row at one place and at the same other sizes are a line.
  function group(points, y) {
    const lines = new Map();
    for (const p of points) {
      if (!(p[y] > 0)) continue;
      const key = [p.family, p.row, p.place, p.others].join("|");
      if (!lines.has(key)) lines.set(key, { of: p, at: new Map() });
      lines.get(key).at.set(p.size, p[y]);
    }
    return [...lines.values()];
  }

  // A line's name is its row and what tells it from the others.
  function name(lines) {
    const told = { state: "state ", ...Object.fromEntries(window.POINTS.letters.map((letter) => [letter, letter + " = "])) };
    const vary = ["family", "row", "place", ...Object.keys(told)].filter((key) => new Set(lines.map((l) => l.of[key])).size > 1);
    // Of what a line has not (a size of another family, a state) nothing is told; the row always names it.
    for (const line of lines)
      line.name = vary.filter((key) => line.of[key] !== null && line.of[key] !== "").map((key) => (told[key] || "") + line.of[key]).join(", ") || line.of.row;
  }

  const colour = (variable) => getComputedStyle(document.documentElement).getPropertyValue("--" + variable).trim();

  function spread(values, room) {
    const known = values.filter((v) => v > 0);
    return known.length ? [Math.min(...known) / room, Math.max(...known) * room] : [1, 10];
  }

  function makeLegend(lines, told) {
    const legend = document.createElement("ul");
    legend.className = "lines";
    if (lines.length > NAMED) return legend;
    lines.forEach((line, j) => {
      const item = document.createElement("li"), button = document.createElement("button"), sign = document.createElement("span");
      sign.setAttribute("aria-hidden", "true");
      sign.append(mark(line)[0]);
      button.type = "button";
      button.style.setProperty("--line", `var(--${line.of.colour})`);
      button.append(sign, line.name);
      for (const [event, on] of [["focus", true], ["mouseenter", true], ["blur", false], ["mouseleave", false]])
        button.addEventListener(event, () => chart && chart.setSeries(on ? j + 1 : null, { focus: on }));
      item.append(button);
      legend.append(item);
    });
    return legend;
  }

  // One to nine times each power of ten: uPlot's own begin at the end of the axis, whatever number that is.
  function range(low, high) {
    const powers = Array.from({ length: high - low + 1 }, (_, j) => low + j);
    return powers.flatMap((power) => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => Number(`${digit}e${power}`)));
  }

  window.drawChart = function (mount, points, { y, title, write }) {
    const lines = group(points, y);
    name(lines);
    if (chart) chart.destroy();
    if (watch) watch.disconnect();
    chart = null;
    mount.replaceChildren();
    if (!lines.length) return 0;
    const few = lines.length <= FEW, sizes = [...new Set(lines.flatMap((l) => [...l.at.keys()]))].sort((a, b) => a - b);
    const values = lines.map((line) => sizes.map((size) => line.at.get(size) ?? null));
    const axes = [...new Set(lines.map((l) => l.of.axis))].join(" or ");
    const canvas = document.createElement("div"), told = document.createElement("p");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${title} over ${axes}, ${lines.length} lines; their points are in the table below`);
    told.className = "note told";
    const hint = lines.length > NAMED ? "Point at a line to name it; choose fewer rows for a list of them." : "Point at a line, or at its name, to tell it apart.";
    told.textContent = hint;
    const splits = (_, __, low, high) => range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))).filter((v) => low <= v && v <= high);
    const whole = (_, splits) => splits.map((value) => (Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9 ? value : null));
    const rule = { stroke: colour("rule"), width: 1, filter: whole };
    const axis = { stroke: colour("faint"), grid: rule, ticks: rule, splits, font: "12px system-ui, sans-serif" };
    // uPlot leaves out the labels that would stand too close.
    const label = (form) => (_, splits) => splits.map((value) => (value === null ? null : form(value)));
    chart = new uPlot(
      {
        width: mount.clientWidth, height: HEIGHT, legend: { show: false }, focus: { alpha: few ? 0.25 : 0.15 },
        cursor: { points: { show: false }, drag: { x: false, y: false }, focus: { prox: 24 } },
        scales: { x: { time: false, distr: 3, range: () => spread(sizes, 1.15) }, y: { distr: 3, range: () => spread(values.flat(), 1.3) } },
        axes: [
          { ...axis, label: axes, labelFont: axis.font, labelSize: 18, size: 34, values: label((v) => v.toLocaleString("en")) },
          { ...axis, label: title, labelFont: axis.font, labelSize: 18, size: 64, values: label(write) },
        ],
        series: [
          {},
          ...lines.map((line) => ({
            stroke: colour(line.of.colour), width: few ? 1.6 : 1, alpha: few ? 1 : 0.6, spanGaps: true,
            dash: line.of.backend === "jax" ? [6, 3] : [],
            points: { show: few, size: MARK, fill: colour(form(line) ? "paper" : line.of.colour), paths: drawMarks(mark(line)[1]) },
          })),
        ],
        hooks: {
          setCursor: [(u) => {
            const j = u.series.findIndex((s, k) => k > 0 && s._focus), at = u.cursor.idx;
            const value = j > 0 && at !== null && at !== undefined ? values[j - 1][at] : null;
            told.textContent = j > 0 ? lines[j - 1].name + (value ? `: ${write(value)} at ${sizes[at].toLocaleString("en")}` : "") : hint;
          }],
        },
      },
      [sizes, ...values],
      canvas,
    );
    mount.append(canvas, told, makeLegend(lines));
    watch = new ResizeObserver(() => { if (chart && mount.clientWidth && mount.clientWidth !== chart.width) chart.setSize({ width: mount.clientWidth, height: HEIGHT }); });
    watch.observe(mount);
    return lines.length;
  };
})();
