// The form under "At your size": the arithmetic of reports/predict.py on the same knots. Without it the tables say the same.
"use strict";
(function () {
  const form = document.getElementById("answer-form");
  const out = document.getElementById("answer-result");
  const source = document.getElementById("answer-data");
  if (!form || !out || !source) return;
  const data = JSON.parse(source.textContent);
  const NOT_GRADIENTS = data.not_gradients;

  function fill(select, values) {
    const before = select.value;
    select.replaceChildren(...values.map(([value, text]) => new Option(text, value)));
    if (values.some(([value]) => value === before)) select.value = before;
  }

  function setUp() {
    const family = data.families[form.family.value];
    document.getElementById("answer-axis").textContent = family.axis;
    const places = [...new Set(family.series.map((s) => s.place))];
    fill(form.device, [["", "all"], ...places.map((p) => [p, p])]);
    const kinds = [...new Set(family.series.flatMap((s) => s.rows.map((r) => r.computes)))].sort();
    // Where gradients belong to different models, there is no fastest of all: each is a question of its own.
    const anyKind = family.questions.includes("gradient"), models = anyKind ? [] : family.questions;
    const gradients = [...models, ...kinds.filter((k) => !NOT_GRADIENTS.includes(k) && !models.includes(k))];
    fill(form.computes, [
      ...(anyKind ? [["gradient", "any gradient"]] : []),
      ...gradients.map((k) => [k, k.endsWith("gradient") ? words(k) : k + " gradient"]),
      ...kinds.filter((k) => NOT_GRADIENTS.includes(k)).map((k) => [k, k === "step" ? "update in place" : words(k)]),
    ]);
    // A choice for each fixed size that tells the family's series apart; the batch has a field of its own.
    const longest = family.series.reduce((best, s) => (s.sizes >= best.sizes ? s : best));
    if (longest.fixed.B) form.batch.value = longest.fixed.B;
    form.error.placeholder = longest.rows.some((r) => r.exact && !NOT_GRADIENTS.includes(r.computes)) ? "exact" : data.accuracy;
    // A size that this family was measured at, where the one that stands there is far from all.
    const known = [...new Set(longest.rows.flatMap((r) => r.measured))].sort((a, b) => a - b), size = Number(form.size.value);
    if (known.length && !(size >= known[0] && size <= known[known.length - 1])) form.size.value = known[known.length >> 1];
    document.getElementById("answer-settings").replaceChildren(...family.letters.filter((l) => l !== "B").map((letter) => {
      const label = document.createElement("label"), select = document.createElement("select");
      select.name = "size-" + letter;
      fill(select, [...new Set(family.series.map((s) => s.fixed[letter]))].map((v) => [v, v]));
      select.value = longest.fixed[letter];
      label.append(letter + " ", select);
      return label;
    }));
  }

  const words = (name) => name.replaceAll("_", " ");

  function read(family) {
    const wanted = { B: Number(form.batch.value) };
    for (const letter of family.letters)
      if (letter !== "B") {
        const known = family.series.map((s) => s.fixed[letter]);
        const value = form.elements["size-" + letter].value;
        wanted[letter] = known.find((k) => String(k) === value);
      }
    return wanted;
  }

  // Words weigh most, then numbers by their ratio, the batch last; of several series the one with most sizes.
  function far(series, wanted) {
    let sum = -1e-6 * series.sizes;
    for (const [letter, value] of Object.entries(wanted)) {
      const known = series.fixed[letter];
      if (typeof known === "string") sum += known === value ? 0 : 1e6;
      else if (known > 0 && value > 0) sum += (letter === "B" ? 1 : 1e3) * Math.abs(Math.log(known / value));
    }
    return sum;
  }

  const spell = (value) => (typeof value === "number" && value >= 1e-3 ? number(value) : String(value));
  const number = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 3 });

  function interpolate(knots, size, column) {
    const x = Math.log(size);
    // At a knot its own numbers: beside one without an interval, interpolation would have none either.
    const at = knots.find((k) => k[0] === size);
    if (at) return at[column] === null ? NaN : at[column];
    let j = knots.findIndex((k) => k[0] >= size);
    if (j < 0) j = knots.length - 1;
    if (j === 0) return knots[0][column];
    const a = knots[j - 1], b = knots[j];
    if (a[column] === null || b[column] === null) return NaN;
    const share = (x - Math.log(a[0])) / (Math.log(b[0]) - Math.log(a[0]));
    return Math.exp(Math.log(a[column]) * (1 - share) + Math.log(b[column]) * share);
  }

  function predict(row, size, axis) {
    const refused = row.refused[String(size)] || (row.ends && size >= row.ends[0] ? row.ends[1] : "");
    if (refused) return { row, reason: refused };
    if (row.memory_ends && size >= row.memory_ends) return { row, reason: "predicted to need more memory than the machine has" };
    const knots = row.knots;
    if (!knots.length) return { row, reason: "never ran" };
    const first = row.measured[0], last = row.measured[row.measured.length - 1];
    if (size < knots[0][0] * (1 - 1e-9) || size > knots[knots.length - 1][0] * (1 + 1e-9))
      return { row, reason: `measured from ${number(first)} to ${number(last)}: too far to extrapolate` };
    let how = "measured";
    if (size > last) how = `extrapolated from ${axis} = ${number(last)}, the largest measured`;
    else if (size < first) how = `extrapolated from ${axis} = ${number(first)}, the smallest measured`;
    else if (!row.measured.includes(size)) {
      const above = row.measured.find((s) => s > size), below = row.measured.filter((s) => s < size).pop();
      how = `interpolated between ${axis} = ${number(below)} and ${number(above)}`;
    }
    const [value, low, high] = [1, 2, 3].map((c) => interpolate(knots, size, c));
    if (how !== "measured" && Number.isNaN(low)) how += "; how far off is not known";
    const near = row.errors.filter((e) => e[0] <= size).slice(-1).concat(row.errors.filter((e) => e[0] >= size).slice(0, 1));
    const error = near.length ? Math.max(...near.map((e) => e[1])) : NaN;
    return { row, value, low: Math.min(low, value), high: Math.max(high, value), how, error };
  }

  function seconds(p) {
    const [factor, unit] = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]].find(([f]) => p.value >= f * 0.9995) || [1e-9, "ns"];
    const values = [p.value, p.low, p.high].map((v) => v / factor);
    const width = values[2] - values[1];
    if (Number.isNaN(width)) return `${Number(values[0].toPrecision(3))} [–] ${unit}`;
    const digits = width > 0 ? Math.min(Math.max(Math.floor(Math.log10(values[0])) - Math.floor(Math.log10(width)) + 2, 2), 6) : 3;
    const places = digits - 1 - Math.floor(Math.log10(values[0]));
    const step = Math.pow(10, -places);
    const [value, low, high] = values.map((v) => (places < 0 ? String(Math.round(v / step) * step) : v.toFixed(places)));
    return `${value} [${low}, ${high}] ${unit}`;
  }

  function line(tag, pieces, name) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    for (const piece of pieces) {
      if (typeof piece === "string") element.append(piece);
      else {
        const strong = document.createElement("strong");
        strong.textContent = piece.strong;
        element.append(strong);
      }
    }
    return element;
  }

  function answer() {
    const family = data.families[form.family.value];
    const size = Number(form.size.value), wanted = read(family);
    const accuracy = form.error.value.trim(), given = accuracy === "" ? null : Number(accuracy);
    if (!(size > 0)) return out.replaceChildren(line("p", [`${family.axis} must be positive.`]));
    if (given !== null && !(given > 0)) return out.replaceChildren(line("p", ["The error must be a positive number, such as 1e-4, or empty for exact methods."]));
    const parts = [];
    for (const place of [...new Set(family.series.map((s) => s.place))]) {
      if (form.device.value && form.device.value !== place) continue;
      const all = family.series.filter((s) => s.place === place);
      const series = all.reduce((best, s) => (far(s, wanted) < far(best, wanted) ? s : best));
      const rows = series.rows.filter((r) =>
        form.computes.value === "gradient" ? !NOT_GRADIENTS.includes(r.computes) : r.computes === form.computes.value);
      const predictions = rows.map((r) => predict(r, size, family.axis));
      // Where no method is exact, the fastest within the error that the grid allows too.
      const limit = given !== null || rows.some((r) => r.exact) ? given : data.accuracy;
      const ranked = predictions.filter((p) => p.value && (limit === null ? p.row.exact : p.error <= limit)).sort((a, b) => a.value - b.value);
      if (!ranked.length) {
        const reasons = [...new Set(predictions.map((p) => `${p.row.row}: ${p.reason || (limit === null ? "not exact" : "error above " + limit)}`))];
        parts.push(line("p", [{ strong: place }, ": nothing can be recommended. ", reasons.join("; ") || "No row gives this answer.", "."]));
        continue;
      }
      const best = ranked[0], known = (series.winners[form.computes.value] || {})[String(size)];
      let ties = ranked.slice(1).filter((p) => !(p.low >= best.high * (1 + data.close))).map((p) => p.row.row);
      let settled = !ties.length;
      if (given === null && known && best.how === "measured") {
        ties = known.rows.slice(1);
        settled = known.state !== "undetermined";
      }
      const text = [{ strong: place }, ": use ", { strong: best.row.row }, ` (${words(best.row.computes)}), ${seconds(best)} a call, ${best.how}`];
      if (!Number.isNaN(best.error)) text.push(`, error ${best.error.toExponential(1)}`);
      text.push(".");
      if (ties.length) text.push(settled ? ` As fast within the margin: ${ties.join(", ")}.` : ` Not told apart: ${ties.join(", ")}.`);
      parts.push(line("p", text, "pick"));
      for (const [letter, value] of Object.entries(wanted)) {
        const known = series.fixed[letter];
        if (known !== undefined && value && known !== value)
          parts.push(line("p", [`${letter} = ${spell(value)} was not measured here; these times are for ${letter} = ${spell(known)}.`], "note"));
      }
      const rest = ranked.slice(1, 5).map((p) => `${p.row.row} ${seconds(p)}`);
      const why = new Map();
      for (const p of predictions.filter((p) => p.reason)) why.set(p.reason, [...(why.get(p.reason) || []), p.row.row]);
      const gone = [...why].map(([reason, names]) => `${names.join(", ")} (${reason})`);
      if (rest.length) parts.push(line("p", ["Next: ", rest.join("; "), "."], "note"));
      if (gone.length) parts.push(line("p", ["Left out: ", gone.join("; "), "."], "note"));
    }
    out.replaceChildren(...parts);
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    if (event.target === form.family) setUp();
    answer();
  });
  setUp();
  form.hidden = false;
  answer();
})();
