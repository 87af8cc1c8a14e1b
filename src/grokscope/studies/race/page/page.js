"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const state = JSON.parse(byId("state").textContent);
  const INK = "#1c1c1c", GREY = "#767676", GREEN = "#009E73";
  const COLOURS = { "T_mem running": "#D55E00", "T_mem eval": "#E69F00", "T_gen": "#0072B2" };
  const SYMBOLS = { "T_mem running": "square", "T_mem eval": "diamond", "T_gen": "circle" };
  const ACCURACIES = [
    ["training, running", "#D55E00", "solid"],
    ["training, eval", "#E69F00", "dash"],
    ["validation, eval", "#0072B2", "solid"],
  ];
  const config = { displaylogo: false, responsive: true, displayModeBar: false };
  const selects = { slice: byId("slice"), accuracy: byId("accuracy"), width: byId("width"), seed: byId("seed") };

  // A run is decoded when it is drawn: its 6 bytes a point are 8 characters of the text, whole groups of base64.
  const packed = byId("curves").textContent, perRun = 8 * state.points;
  const curve = (row, column) => {
    const bytes = atob(packed.slice(row * perRun, (row + 1) * perRun));
    return Array.from({ length: state.points }, (_, i) => {
      const at = 2 * (column * state.points + i);
      const value = bytes.charCodeAt(at) + 256 * bytes.charCodeAt(at + 1);
      return value === 65535 ? null : value / state.scale;
    });
  };
  const drawnEpochs = (last) =>
    Array.from({ length: state.points }, (_, i) => Math.round(last ** (i / (state.points - 1))));

  const current = () => state.slices[Number(selects.slice.value)];
  const runsOf = (slice) =>
    slice.runs.map(([id, kind, dim, params, seed, epochs, running, train, gen, row]) =>
      ({ id, kind, dim, params, seed, epochs, times: [running, train, gen], row }));

  const fill = (select, options, wanted) => {
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    const values = options.map(([value]) => String(value));
    select.value = values.includes(String(wanted)) ? String(wanted) : values[0] ?? "";
  };

  // The width nearest to the crossing tells most, and is what is shown first.
  const telling = (slice, widths) => {
    const places = [slice.crossings.running, slice.crossings.eval, slice.onsets.running, slice.onsets.eval];
    const place = places.find((found) => found && found.x)?.x;
    if (!place) return widths[Math.floor(widths.length / 2)]?.[0];
    const far = ([, params]) => Math.abs(Math.log(params / place));
    return widths.reduce((best, width) => (far(width) < far(best) ? width : best), widths[0])?.[0];
  };

  const fillWidths = (wanted) => {
    const slice = current();
    const widths = [...new Map(runsOf(slice).map((run) => [run.dim, run.params]))].sort((a, b) => a[1] - b[1]);
    fill(selects.width, widths.map(([dim, params]) => [dim, `${dim} (P = ${params})`]), wanted ?? telling(slice, widths));
  };
  const fillSeeds = (wanted) => {
    const dim = Number(selects.width.value);
    const seeds = [...new Set(runsOf(current()).filter((run) => run.dim === dim).map((run) => run.seed))];
    fill(selects.seed, [["all", "all"], ...seeds.sort((a, b) => a - b).map((seed) => [seed, seed])], wanted ?? "all");
  };

  // 1, 2, 5, 10 ... written out, or decades alone where they would crowd.
  const written = (value) =>
    value >= 1e6 ? `${value / 1e6}M` : value >= 1e4 ? `${value / 1e3}k` : String(Number(value.toPrecision(1)));
  const ticks = (values) => {
    const known = values.filter((value) => value > 0);
    if (!known.length) return {};
    const low = Math.floor(Math.log10(Math.min(...known))), high = Math.ceil(Math.log10(Math.max(...known)));
    const digits = high - low > 3 ? [1] : [1, 2, 5];
    const tickvals = [];
    for (let power = low; power <= high; power++) tickvals.push(...digits.map((digit) => Number(`${digit}e${power}`)));
    return { tickmode: "array", tickvals, ticktext: tickvals.map(written) };
  };
  const upright = (x, colour, dash, width = 1.5) =>
    ({ type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1, line: { color: colour, dash, width }, layer: "below" });
  const band = (found, colour) =>
    ({ type: "rect", xref: "x", yref: "paper", x0: found.low, x1: found.high, y0: 0, y1: 1, fillcolor: colour,
      opacity: 0.1, line: { width: 0 }, layer: "below" });
  const marks = (found, colour, dash) =>
    !found || !found.x ? [] : [upright(found.x, colour, dash), ...(found.low && found.high ? [band(found, colour)] : [])];

  const drawRace = () => {
    const slice = current(), accuracy = selects.accuracy.value, traces = [];
    for (const [name, cells] of Object.entries(slice.curves)) {
      if (!cells.length) continue;
      const colour = COLOURS[name], known = cells.filter((cell) => !cell.bound);
      const reach = (cell, end) => (cell[end] === null || cell.bound ? 0 : Math.abs(cell[end] - cell.y));
      traces.push({
        x: cells.map((c) => c.x), y: cells.map((c) => (c.bound ? null : c.y)), name: state.labels[name],
        mode: "lines", line: { color: colour, width: 2, dash: name === "T_mem eval" ? "dash" : "solid" },
        hoverinfo: "skip", legendgroup: name, showlegend: !!known.length,
      }, {
        x: cells.map((c) => c.x), y: cells.map((c) => c.y), name: state.labels[name], mode: "markers",
        // Both T_mem are censored at the same epoch: the first is drawn larger, around the second.
        marker: { color: colour, size: cells.map((c) => (c.bound && name === "T_mem running" ? 13 : 9)), symbol: cells.map((c) => (c.bound ? "triangle-up" : SYMBOLS[name]) + (c.censored ? "-open" : "")) },
        error_y: { type: "data", symmetric: false, array: cells.map((c) => reach(c, "high")),
          arrayminus: cells.map((c) => reach(c, "low")), color: colour, thickness: 1.2, width: 3 },
        customdata: cells.map((c) => [c.dim, "all"]), text: cells.map((c) => `width ${c.dim}: ${c.text}`),
        hovertemplate: "P = %{x:,}<br>%{text} epochs<extra></extra>", legendgroup: name, showlegend: !known.length,
      });
    }
    const biased = Object.entries(slice.curves).flatMap(([name, cells]) =>
      cells.filter((c) => c.plain).map((c) => ({ ...c, colour: COLOURS[name] })));
    if (biased.length) traces.push({
      x: biased.map((c) => c.x), y: biased.map((c) => c.plain), mode: "markers", name: "plain mean, censored dropped",
      marker: { symbol: "x-thin", size: 8, line: { width: 1.5, color: biased.map((c) => c.colour) } },
      text: biased.map((c) => `width ${c.dim}: ${c.censored} censored, plain mean of the rest ${c.plain}`),
      hovertemplate: "%{text} epochs<extra></extra>", customdata: biased.map((c) => [c.dim, "all"]),
    });
    const delays = slice.delays[accuracy] ?? [];
    const least = new Map();
    for (const [x, , , delay] of delays) least.set(x, Math.min(delay, least.get(x) ?? Infinity));
    const params = [...least.keys()].sort((a, b) => a - b);
    traces.push({
      x: params, y: params.map((x) => least.get(x)), yaxis: "y2", mode: "lines+markers", name: "delay, least over seeds",
      line: { color: GREY, width: 1 }, marker: { symbol: "line-ew-open", size: 14, color: INK }, hoverinfo: "skip",
    }, {
      x: delays.map((d) => d[0]), y: delays.map((d) => d[3]), yaxis: "y2", mode: "markers", name: "delay, each seed",
      marker: { color: GREY, size: 7, symbol: delays.map((d) => (d[4] ? "triangle-up-open" : "circle")) },
      customdata: delays.map((d) => [d[1], d[2]]), text: delays.map((d) => `width ${d[1]}, seed ${d[2]}: ${d[4] ? "at least " : ""}${d[3]}`),
      hovertemplate: "P = %{x:,}<br>%{text} epochs<extra></extra>",
    });
    // A line of its own in the legend for what is drawn as a shape.
    const legend = (found, name, colour, dash) => found && found.x && traces.push(
      { x: [null], y: [null], mode: "lines", name, line: { color: colour, dash, width: 1.5 }, hoverinfo: "skip" });
    for (const [how, dash] of [["running", "dot"], ["eval", "dashdot"]]) {
      const found = slice.crossings[how];
      legend(found, `${found?.proven ? "crossing" : "closest approach"}, ${how}`, found?.proven ? INK : GREY, dash);
    }
    legend(slice.onsets[accuracy], `onset, ${accuracy}`, GREEN, "dash");
    const chosen = runsOf(slice).find((run) => run.dim === Number(selects.width.value));
    const shapes = [
      ...marks(slice.crossings.running, slice.crossings.running?.proven ? INK : GREY, "dot"),
      ...marks(slice.crossings.eval, slice.crossings.eval?.proven ? INK : GREY, "dashdot"),
      ...marks(slice.onsets[accuracy], GREEN, "dash"),
      ...(chosen ? [upright(chosen.params, "rgba(0,114,178,0.15)", "solid", 9)] : []),
    ];
    const cells = Object.values(slice.curves).flat();
    Plotly.react("race", traces, {
      margin: { l: 62, r: 12, t: 10, b: 40 }, hovermode: "closest", shapes, font: { color: INK, size: 12 },
      legend: { orientation: "h", y: -0.14, yanchor: "top", x: 0.5, xanchor: "center" },
      xaxis: { type: "log", title: { text: "parameters P", standoff: 6 }, anchor: "y2", gridcolor: "#eee",
        ...ticks([...params, ...cells.map((c) => c.x)]) },
      yaxis: { type: "log", title: { text: "T_mem, T_gen (epochs)" }, domain: [0.36, 1], gridcolor: "#eee",
        ...ticks(slice.view ?? []), ...(slice.view && { range: slice.view.map(Math.log10) }) },
      yaxis2: { title: { text: "delay (epochs)" }, domain: [0, 0.3], rangemode: "tozero", gridcolor: "#eee", exponentformat: "SI" },
    }, config);
  };

  const drawCurves = (id, title, runs) => {
    const traced = runs.filter((run) => run.row >= 0), traces = [];
    ACCURACIES.forEach(([name, colour, dash], column) => {
      // All seeds in one line with gaps between them: a hundred lines of their own take a second to draw.
      const x = [], y = [], seeds = [];
      for (const run of traced) {
        const values = curve(run.row, column);
        if (values.every((value) => value === null)) continue;
        x.push(...drawnEpochs(run.epochs), null);
        y.push(...values, null);
        seeds.push(...Array(state.points + 1).fill(run.seed));
      }
      if (!y.length) return;
      traces.push({ x, y, customdata: seeds, mode: "lines", name, line: { color: colour, dash, width: 1.6 },
        opacity: traced.length > 1 ? 0.65 : 1,
        hovertemplate: `seed %{customdata}, epoch %{x}: %{y:.3f}<extra>${name}</extra>` });
    });
    // The exact epochs of arrival, where there is one run to mark them for.
    const shapes = runs.length !== 1 ? [] : runs[0].times.flatMap((time, i) => (time ? [upright(time, ACCURACIES[i][1], "dot", 1)] : []));
    const nothing = traces.length ? [] : [{ text: "no finished run", showarrow: false, xref: "paper", yref: "paper", x: 0.5, y: 0.5 }];
    Plotly.react(id, traces, {
      title: { text: title, font: { size: 13 }, y: 0.97 }, margin: { l: 48, r: 10, t: 32, b: 40 }, shapes, annotations: nothing,
      font: { color: INK, size: 12 }, legend: { orientation: "h", y: -0.28, yanchor: "top", x: 0.5, xanchor: "center" },
      xaxis: { type: "log", title: { text: "epochs", standoff: 6 }, gridcolor: "#eee",
        ...ticks([1, ...runs.map((run) => run.epochs)]) },
      yaxis: { title: { text: "accuracy" }, range: [-0.02, 1.03], gridcolor: "#eee" },
    }, config);
  };

  const drawLearning = () => {
    const dim = Number(selects.width.value), seed = selects.seed.value;
    const runs = runsOf(current())
      .filter((run) => run.dim === dim && (seed === "all" || run.seed === Number(seed)))
      .sort((a, b) => a.kind.localeCompare(b.kind) || a.seed - b.seed);
    byId("learning-title").textContent =
      `Learning curves: ${current().title}, width ${dim}, ${seed === "all" ? "all seeds" : `seed ${seed}`}`;
    drawCurves("groks", "modular task", runs.filter((run) => run.kind === "groks"));
    drawCurves("speed", "random labels", runs.filter((run) => run.kind === "speed"));
    byId("runs").tBodies[0].replaceChildren(...runs.map((run) => {
      const row = document.createElement("tr");
      const times = run.times.map((time, i) => time ?? (run.kind === "speed" && i === 2 ? "" : "–"));
      for (const text of [run.id, run.kind === "groks" ? "task" : "random labels", run.seed, run.epochs, ...times]) {
        row.insertCell().textContent = text;
      }
      return row;
    }));
  };

  // What is shown is in the address, so that a view can be linked to.
  const remember = () => {
    const shown = { slice: current().name, accuracy: selects.accuracy.value, width: selects.width.value, seed: selects.seed.value };
    history.replaceState(null, "", `#${new URLSearchParams(shown)}`);
  };
  const redraw = () => { drawRace(); drawLearning(); };
  const changed = () => { redraw(); remember(); };

  selects.slice.addEventListener("change", () => { fillWidths(); fillSeeds(); changed(); });
  selects.accuracy.addEventListener("change", changed);
  selects.width.addEventListener("change", () => { fillSeeds(); changed(); });
  selects.seed.addEventListener("change", changed);
  const open = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    const at = state.slices.findIndex((slice) => slice.name === asked.get("slice"));
    selects.slice.value = String(Math.max(at, 0));
    if (["running", "eval"].includes(asked.get("accuracy"))) selects.accuracy.value = asked.get("accuracy");
    fillWidths(asked.get("width"));
    fillSeeds(asked.get("seed"));
    redraw();
  };
  window.addEventListener("hashchange", open);
  for (const when of ["beforeprint", "afterprint"]) {
    window.addEventListener(when, () => ["race", "groks", "speed"].forEach((id) => Plotly.Plots.resize(id)));
  }
  open();
  byId("race").on("plotly_click", ({ points }) => {
    const picked = points.find((point) => point.customdata);
    if (!picked) return;
    const [dim, seed] = picked.customdata;
    selects.width.value = String(dim);
    fillSeeds(seed);
    changed();
  });
  document.documentElement.dataset.ready = "yes";
  // Milliseconds from being asked for to being drawn, for whoever measures it.
  document.documentElement.dataset.drawn = performance.now().toFixed(0);
})();
