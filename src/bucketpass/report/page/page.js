"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const LEVELS = { read: "R", list: "L", write: "W", create: "C", delete: "D" };
const MEANS = { read: "reads", list: "lists", write: "writes", create: "creates", delete: "deletes" };
const state = { query: "", levels: new Set(Object.keys(LEVELS)), zoom: "", group: null, sort: "service", down: false, column: "", grid: 60, rows: 200, cards: 60 };

// All text is set as text: names and prefixes are other people's.
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}
function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
// What is drawn beside a node's own name is for the eye: the name says the same in full.
const words = (attributes, text) => svg("text", { ...attributes, "aria-hidden": "true" }, text);
const plural = (count, one, many = one + "s") => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
const pills = (levels) => levels.map((level) => el("span", { class: `pill ${level}` }, level));
const where = (grant) => `${grant.bucket}/${grant.place}`;
const lineOf = (line) => (line ? `${data.file.split("/").pop()}:${line}` : "");
const services = new Map(data.services.map((one) => [one.name, one]));
const by = (items, key) => {
  const found = new Map();
  for (const item of items) {
    const name = key(item);
    if (!found.has(name)) found.set(name, []);
    found.get(name).push(item);
  }
  return found;
};
for (const grant of data.grants) {
  const service = services.get(grant.service);
  grant.issuers = [...new Set(service.identities.map((one) => one.issuer))];
  grant.text = [grant.service, grant.bucket, where(grant), ...grant.actions, ...grant.conditions, grant.expires,
    ...service.identities.flatMap((one) => [one.issuer, one.subject])].join("\n").toLowerCase();
}

// --- what is shown -------------------------------------------------------------------------------------------------------------
function shown() {
  const terms = state.query.toLowerCase().split(/\s+/).filter(Boolean);
  const [kind, name] = [state.zoom.slice(0, state.zoom.indexOf(":")), state.zoom.slice(state.zoom.indexOf(":") + 1)];
  const zoomed = { service: (one) => one.service === name, bucket: (one) => one.bucket === name,
    issuer: (one) => one.issuers.includes(name), tenant: (one) => one.per === name, place: (one) => where(one) === name }[kind];
  return data.grants.filter((one) => (!zoomed || zoomed(one)) && (!state.group || state.group.has(one.service))
    && (one.access.some((level) => state.levels.has(level)) || (!one.access.length && state.levels.size === 5))
    && terms.every((word) => one.text.includes(word)));
}

// --- the map -------------------------------------------------------------------------------------------------------------------
const ROW = 30, GAP = 8, TOP = 30;
function groupsOf(grants) {
  // Services that reach the same buckets in the same ways, by the same issuers, are one line of the overview.
  const perService = by(grants, (one) => one.service);
  const shape = (list) => JSON.stringify([list[0].issuers, [...new Set(list.map((one) => `${one.bucket} ${one.access}`))].sort()]);
  const stem = (name) => name.replace(/[-_.]?[0-9a-f]*\d+$/i, "");
  const places = (list) => list.map((one) => `${where(one)} ${one.access}`).sort() + list[0].issuers;
  const keys = [places, (list) => shape(list) + stem(list[0].service), shape,
    (list) => list[0].issuers + stem(list[0].service).split(/[-_.]/)[0], (list) => String(list[0].issuers)];
  let found = null;
  for (const key of keys) {
    found = [...by([...perService.values()], key).values()];
    if (found.length <= 32) break;
  }
  return found.map((lists) => {
    const names = lists.map((list) => list[0].service).sort();
    const label = names.length === 1 ? names[0] : `${pattern(names)} (${names.length})`;
    return { label, names, grants: lists.flat(), issuers: [...new Set(lists.flat().flatMap((one) => one.issuers))] };
  });
}
function pattern(names) {
  // What the names have in common, part by part: `*-etl-*`.
  const parts = names.map((name) => name.split("-"));
  if (parts.some((one) => one.length !== parts[0].length)) return `${names[0]} …`;
  const common = parts[0].map((part, index) => (parts.every((one) => one[index] === part) ? part : "*"));
  return common.every((part) => part === "*") ? `${names[0]} …` : common.join("-");
}
function cut(text, width, size = 7) {
  const room = Math.max(4, Math.floor(width / size));
  return text.length <= room ? text : text.slice(0, Math.ceil(room * 0.55)) + "…" + text.slice(text.length - Math.floor(room * 0.45) + 1);
}
function drawMap(grants) {
  const canvas = $("canvas");
  canvas.className = "canvas";
  if (!grants.length) { canvas.replaceChildren(el("p", { class: "soft" }, "Nothing matches. Clear the filter to see everything.")); $("map-hint").textContent = ""; return; }
  const width = Math.max(300, Math.min(canvas.clientWidth || 1200, 1280)), narrow = width < 600;
  const perService = by(grants, (one) => one.service);
  const places = new Set(grants.map(where));
  const single = perService.size <= 28, whole = places.size <= (single ? 70 : 40);
  const units = single
    ? [...perService].map(([name, list]) => ({ label: name, names: [name], grants: list, issuers: list[0].issuers, change: changeOf(list),
        identities: narrow ? [] : services.get(name).identities }))
    : groupsOf(grants).map((one) => ({ ...one, identities: [], change: "" }));
  units.sort((one, other) => String(one.issuers).localeCompare(String(other.issuers)) || one.label.localeCompare(other.label, "en", { numeric: true }));
  units.forEach((unit, index) => { unit.key = index; });
  const columns = narrow ? { unit: [0, width * 0.42], place: [width * 0.54, width * 0.46] }
    : single ? { issuer: [0, width * 0.14], identity: [width * 0.19, width * 0.22], unit: [width * 0.46, width * 0.17], place: [width * 0.73, width * 0.27] }
    : { issuer: [0, width * 0.18], unit: [width * 0.33, width * 0.24], place: [width * 0.75, width * 0.25] };

  // Units from the top; those with several identities are as high as these. Buckets are boxes with their prefixes in them.
  const tall = narrow ? ROW + 12 : ROW;
  let y = TOP;
  const unitAt = new Map(), identityAt = [];
  for (const unit of units) {
    const rows = Math.max(1, columns.identity ? unit.identities.length : 1);
    unit.y = y + (rows * (tall + GAP) - GAP) / 2 - tall / 2;
    if (columns.identity) unit.identities.forEach((one, index) => identityAt.push({ ...one, unit, y: y + index * (tall + GAP) }));
    for (const name of unit.names) unitAt.set(name, unit);
    y += rows * (tall + GAP) + 4;
  }
  const perBucket = by(grants, (one) => one.bucket);
  const mean = (list) => list.reduce((sum, one) => sum + unitAt.get(one.service).y, 0) / list.length;
  const boxes = [...perBucket].map(([bucket, list]) => ({ bucket, list,
    places: whole ? [...by(list, where)].sort((one, other) => one[0].localeCompare(other[0])) : [] }));
  boxes.sort((one, other) => mean(one.list) - mean(other.list));
  const boxHeight = (box) => (whole ? 28 + box.places.length * (ROW - 2) + 6 : ROW + 4);
  const placesHeight = boxes.reduce((sum, box) => sum + boxHeight(box) + GAP + 4, 0);
  const height = Math.max(y, TOP + placesHeight) + 6;
  let at = TOP + Math.max(0, (height - TOP - placesHeight) / 2);
  if (units.length && height > y) { const shift = (height - y) / 2; for (const unit of units) unit.y += shift; for (const one of identityAt) one.y += shift; }
  const placeAt = new Map();
  for (const box of boxes) {
    box.y = at;
    if (whole) box.places.forEach(([name], index) => placeAt.set(name, at + 28 + index * (ROW - 2)));
    at += boxHeight(box) + GAP + 4;
  }
  const issuers = [...new Set(units.flatMap((unit) => unit.issuers))];
  const issuerAt = new Map();
  if (columns.issuer) {
    const wished = issuers.map((name) => { const its = units.filter((unit) => unit.issuers.includes(name)); return [name, its.reduce((sum, unit) => sum + unit.y, 0) / its.length]; });
    wished.sort((one, other) => one[1] - other[1]);
    let least = TOP;
    for (const [name, wish] of wished) { const place = Math.max(least, wish); issuerAt.set(name, place); least = place + ROW + GAP; }
  }
  const bottom = Math.max(height, ...[...issuerAt.values()].map((place) => place + ROW + GAP));

  const drawing = svg("svg", { width, height: bottom, viewBox: `0 0 ${width} ${bottom}`, role: "group", "aria-label": `Map: ${plural(perService.size, "service")}, ${plural(places.size, "place")}` });
  const heads = { issuer: "Issuers", identity: "Identities", unit: single ? "Services (roles)" : "Services", place: whole ? "Buckets and prefixes" : "Buckets" };
  for (const [name, [x]] of Object.entries(columns)) drawing.append(svg("text", { x: x + 2, y: 16, class: "column" }, heads[name]));
  const links = svg("g", {}), nodes = svg("g", {});
  drawing.append(links, nodes);
  const curve = (x1, y1, x2, y2) => `M${x1} ${y1}C${x1 + (x2 - x1) * 0.5} ${y1} ${x1 + (x2 - x1) * 0.5} ${y2} ${x2} ${y2}`;
  const link = (kind, path, ...ends) => { const line = svg("path", { d: path, class: `link ${kind}` }); line.ends = ends; links.append(line); };
  const node = (kind, key, label, title, x, y0, w, h, zoom) => {
    const group = svg("g", { class: `node ${kind}`, tabindex: "0", role: "button", "aria-label": title.includes(label) ? title : `${label}: ${title}` }, svg("title", {}, title),
      svg("rect", { x: x + 1, y: y0, width: w - 2, height: h, rx: 6 }));
    group.append(words({ x: x + 10, y: y0 + (h > ROW + 4 ? 17 : h / 2 + 4.5) }, label));
    Object.assign(group, { key, zoomTo: zoom, box: [x, y0] });
    nodes.append(group);
  };
  for (const [name, place] of issuerAt) {
    const [x, w] = columns.issuer;
    node("issuer", `i ${name}`, cut(name, w - 20), `Issuer ${name}: ${plural(units.filter((unit) => unit.issuers.includes(name)).reduce((sum, unit) => sum + unit.names.length, 0), "service")}`, x, place, w, ROW, `issuer:${name}`);
  }
  for (const one of identityAt) {
    const [x, w] = columns.identity, [ix, iw] = columns.issuer, [ux] = columns.unit;
    link("trust", curve(ix + iw, issuerAt.get(one.issuer) + ROW / 2, x, one.y + ROW / 2), `i ${one.issuer}`, `u ${one.unit.key}`);
    link("trust", curve(x + w, one.y + ROW / 2, ux, one.unit.y + tall / 2), `i ${one.issuer}`, `u ${one.unit.key}`);
    node("identity", `u ${one.unit.key}`, cut(one.subject, w - 20), `Identity ${one.subject} of ${one.issuer}, for service ${one.unit.label}`, x, one.y, w, ROW, `service:${one.unit.names[0]}`);
  }
  for (const unit of units) {
    const [x, w] = columns.unit;
    if (columns.issuer && !columns.identity) for (const name of unit.issuers) {
      const [ix, iw] = columns.issuer;
      link("trust", curve(ix + iw, issuerAt.get(name) + ROW / 2, x, unit.y + tall / 2), `i ${name}`, `u ${unit.key}`);
    }
    const reach = [...new Set(unit.grants.flatMap((one) => one.access.map((level) => `${MEANS[level]} ${where(one)}`)))];
    const title = unit.names.length === 1 ? `Service ${unit.label}: ${reach.slice(0, 12).join(", ") || "nothing"}` : `${plural(unit.names.length, "service")}: ${unit.names.slice(0, 8).join(", ")}${unit.names.length > 8 ? " …" : ""}`;
    node(`unit ${unit.change}`, `u ${unit.key}`, cut(unit.label, w - 18), title, x, unit.y, w, tall, unit.names.length === 1 ? `service:${unit.names[0]}` : unit);
    if (narrow) nodes.append(words({ x: x + 10, y: unit.y + 33, class: "sub" }, cut(unit.issuers.join(", "), w - 14, 6.4)));
  }
  for (const box of boxes) {
    const [x, w] = columns.place;
    if (whole) {
      nodes.append(svg("rect", { class: "box", x: x + 1, y: box.y, width: w - 2, height: boxHeight(box), rx: 8 }));
      node("place", `b ${box.bucket}`, cut(box.bucket, w - 24), `Bucket ${box.bucket}: ${plural(new Set(box.list.map((one) => one.service)).size, "service")}`, x, box.y + 1, w, 26, `bucket:${box.bucket}`);
      nodes.lastChild.lastChild.setAttribute("font-weight", "600");
    } else node("bucket", `b ${box.bucket}`, cut(box.bucket, w - 24), `Bucket ${box.bucket}: ${plural(new Set(box.list.map((one) => one.service)).size, "service")}`, x, box.y, w, ROW + 4, `bucket:${box.bucket}`);
    for (const [name, list] of box.places) {
      const signs = Object.keys(LEVELS).filter((level) => list.some((one) => one.access.includes(level)));
      const who = [...new Set(list.map((one) => one.service))];
      node("place", `p ${name}`, signOf(list) + cut(list[0].place || "*", w - 34 - signs.length * 13), `${name}: ${list.map((one) => `${one.service} ${one.access.map((level) => MEANS[level]).join(" and ")}`).slice(0, 12).join(", ")}`,
        x, placeAt.get(name), w, ROW - 4, who.length === 1 ? `service:${who[0]}` : `place:${name}`);
      signs.forEach((level, index) => nodes.append(words({ class: "signs", x: x + w - 10 - (signs.length - index) * 13, y: placeAt.get(name) + 17 }, LEVELS[level])));
    }
  }
  const [ux, uw] = columns.unit, [px] = columns.place;
  const strands = new Map();
  for (const one of grants) {
    const unit = unitAt.get(one.service), target = whole ? where(one) : one.bucket;
    const levels = one.access.filter((level) => level !== "list" || !one.access.includes("read"));
    for (const level of levels) {
      const id = `${unit.key} ${target} ${level} ${one.change}`;
      if (!strands.has(id)) strands.set(id, { unit, target, level, change: one.change, index: [...strands.values()].filter((it) => it.unit === unit && it.target === target).length });
    }
  }
  const boxOf = new Map(boxes.map((box) => [box.bucket, box]));
  for (const { unit, target, level, change, index } of strands.values()) {
    const end = whole ? placeAt.get(target) + (ROW - 4) / 2 : boxOf.get(target).y + (ROW + 4) / 2;
    const bucket = whole ? grants.find((one) => where(one) === target).bucket : target;
    link(`${level} ${change}`, curve(ux + uw, unit.y + tall / 2 + (index - 0.5) * 4, px + 1, end + (index - 0.5) * 4), `u ${unit.key}`, whole ? `p ${target}` : `b ${bucket}`, `b ${bucket}`,
      ...unit.issuers.map((name) => `i ${name}`));
  }
  canvas.replaceChildren(drawing);
  $("map-hint").textContent = single ? "Select a node to zoom in; arrow keys move between nodes, Escape goes back."
    : `Services that reach the same in the same way stand together: ${plural(perService.size, "service")} in ${plural(units.length, "group")}. Select a group, a bucket or an issuer to zoom in.`;
}
const signOf = (list) => ({ added: "+ ", removed: "− " })[changeOf(list)] || "";
function changeOf(list) {
  const kinds = new Set(list.map((one) => one.change));
  return kinds.size === 1 ? [...kinds][0] : "";
}
function light(node) {
  const canvas = $("canvas");
  canvas.classList.toggle("lit", Boolean(node));
  if (!node) return;
  const keys = new Set([node.key]);
  for (const line of canvas.querySelectorAll(".link")) {
    const on = line.ends.includes(node.key);
    line.classList.toggle("on", on);
    if (on) line.ends.forEach((key) => keys.add(key));
  }
  for (const other of canvas.querySelectorAll(".node")) other.classList.toggle("on", keys.has(other.key));
}
function activate(node) {
  if (typeof node.zoomTo === "string") zoom(node.zoomTo);
  else { state.group = new Set(node.zoomTo.names); state.groupLabel = node.zoomTo.label; update(); $("map").focus({ preventScroll: true }); }
}
function zoom(to) { state.zoom = to; $("zoom").value = to; if (!to) state.group = null; update(); }
function move(node, key) {
  const nodes = [...$("canvas").querySelectorAll(".node")];
  const [x, y] = node.box, sideways = key === "ArrowLeft" || key === "ArrowRight";
  const forward = key === "ArrowRight" || key === "ArrowDown";
  const candidates = nodes.filter((other) => (sideways ? (forward ? other.box[0] > x : other.box[0] < x) : other.box[0] === x && (forward ? other.box[1] > y : other.box[1] < y)));
  const distance = (other) => (sideways ? Math.abs(other.box[0] - x) * 100 + Math.abs(other.box[1] - y) : Math.abs(other.box[1] - y));
  candidates.sort((one, other) => distance(one) - distance(other));
  if (candidates.length) candidates[0].focus();
}

// --- the matrix ----------------------------------------------------------------------------------------------------------------
const hasUsage = data.grants.some((one) => one.requests !== null);
const COLUMNS = [["service", "Service", (one) => one.service], ["where", "Where", where], ["access", "Access", (one) => [...one.access, ...one.actions].join(", ")],
  ["conditions", "Conditions", (one) => one.conditions.join(", ")], ["expires", "Until", (one) => one.expires],
  ...(hasUsage ? [["requests", "Requests", (one) => (one.requests === null ? "" : one.requests)]] : []), ["line", "Declared", (one) => one.line || 0]];
function sorted(grants) {
  const value = COLUMNS.find(([name]) => name === state.sort)[2];
  const compare = (one, other) => (typeof one === "number" ? one - other : String(one).localeCompare(String(other), "en", { numeric: true }));
  return [...grants].sort((one, other) => (state.down ? -1 : 1) * compare(value(one), value(other)) || one.path.localeCompare(other.path, "en", { numeric: true }));
}
function drawMatrix(grants) {
  $("matrix-head").replaceChildren(el("tr", {}, ...COLUMNS.map(([name, label]) => el("th", { scope: "col", "aria-sort": state.sort === name ? (state.down ? "descending" : "ascending") : null },
    el("button", { type: "button", "data-sort": name, onclick: () => { state.down = state.sort === name && !state.down; state.sort = name; update(); document.querySelector(`[data-sort=${name}]`).focus(); } },
      label + (state.sort === name ? (state.down ? " ↓" : " ↑") : ""))))));
  const rows = sorted(grants);
  $("matrix-body").replaceChildren(...rows.slice(0, state.rows).map((one) => el("tr", { class: one.change || null },
    el("td", {}, el("button", { type: "button", class: "link", onclick: () => open("service", one.service) }, one.service)), el("td", { class: "mono" }, where(one)),
    el("td", {}, ...pills(one.access), ...one.actions.map((action) => el("span", { class: "pill" }, action))),
    el("td", { "data-label": one.conditions.length ? "Conditions" : null }, one.conditions.join(", ")), el("td", { class: "tight", "data-label": one.expires ? "Until" : null }, one.expires),
    ...(hasUsage ? [el("td", { class: "tight", "data-label": "Requests" }, one.requests === null ? "" : `${one.requests.toLocaleString("en")} `, one.usage && one.usage !== "used" ? el("span", { class: "badge warn" }, one.usage) : "")] : []),
    el("td", { class: "mono tight", "data-label": one.line ? "Declared" : null }, lineOf(one.line)))));
  more("matrix-more", rows.length, state.rows, "rows", () => { state.rows = Infinity; update(); });
}
// Services against places: a letter for each level. Too many places stand together by bucket.
const GRID_COLUMNS = 40, natural = (one, other) => one.localeCompare(other, "en", { numeric: true });
function drawGrid(grants) {
  const places = new Set(grants.map(where)), wide = places.size > GRID_COLUMNS;
  const columnOf = wide ? (one) => one.bucket : where;
  const columns = [...new Set(grants.map(columnOf))].sort(natural);
  if (!columns.includes(state.column)) state.column = "";
  const cells = by(grants, (one) => JSON.stringify([one.service, columnOf(one)]));
  const cell = (service, column) => cells.get(JSON.stringify([service, column])) || [];
  const rank = (service) => (state.column && !cell(service, state.column).length ? 1 : 0);
  const rows = [...new Set(grants.map((one) => one.service))].sort((one, other) => rank(one) - rank(other) || natural(one, other));
  const sortBy = (column) => () => { state.column = column; update(); $("grid").querySelector(`[data-column="${column ? columns.indexOf(column) : -1}"]`).focus(); };
  const head = (column, label, at) => el("th", { scope: "col", "aria-sort": state.column === column ? "ascending" : null, class: column ? "column" : null },
    el("button", { type: "button", "data-column": at, onclick: sortBy(column) }, label + (column && state.column === column ? " ↓" : "")));
  const sign = (level, list) => el("span", { class: `sign ${level}${list.every((one) => one.change === "removed") ? " gone" : list.some((one) => one.change === "added") ? " new" : ""}` },
    LEVELS[level] + (list.every((one) => one.conditions.length || one.expires) ? "†" : ""));
  const told = (list) => list.map((one) => [`${one.change ? `${one.change}: ` : ""}${[...one.access, ...one.actions].join(", ")}`, ...(wide ? [one.place] : []), ...one.conditions, ...(one.expires ? [`until ${one.expires}`] : [])].join(", ")).join("; ");
  const filled = (list) => (list.length ? el("td", { title: told(list) }, ...Object.keys(LEVELS).map((level) => { const its = list.filter((one) => one.access.includes(level)); return its.length ? sign(level, its) : ""; }),
    list.some((one) => !one.access.length) ? el("span", { class: "sign" }, "A") : "", el("span", { class: "unseen" }, ` ${told(list)}`)) : el("td", {}));
  $("grid").replaceChildren(el("thead", {}, el("tr", {}, head("", "Service", -1), ...columns.map((column, at) => head(column, wide ? `${column}/…` : column, at)))),
    el("tbody", {}, ...rows.slice(0, state.grid).map((service) => el("tr", {}, el("th", { scope: "row" }, el("button", { type: "button", class: "link", onclick: () => open("service", service) }, service)), ...columns.map((column) => filled(cell(service, column)))))));
  more("grid-more", rows.length, state.grid, "services", () => { state.grid = Infinity; update(); });
}
function more(id, total, limit, what, act) {
  const button = $(id);
  button.hidden = total <= limit;
  button.textContent = `Show all ${total.toLocaleString("en")} ${what}`;
  button.onclick = act;
}
async function copy() {
  const rows = [COLUMNS.map(([, label]) => label), ...sorted(shown()).map((one) => COLUMNS.map(([name, , value]) => (name === "line" ? lineOf(one.line) : String(value(one)))))];
  const text = rows.map((row) => row.map((cell) => cell.replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");
  let done = true;
  try { await navigator.clipboard.writeText(text); } catch {
    const area = el("textarea", { "aria-hidden": "true" });
    area.value = text; document.body.append(area); area.select(); done = document.execCommand("copy"); area.remove();
  }
  $("copy").textContent = done ? `Copied ${plural(rows.length - 1, "row")}` : "Could not copy";
  setTimeout(() => { $("copy").textContent = "Copy as table"; }, 2500);
}

// --- one bucket, one service ---------------------------------------------------------------------------------------------------
function statements(list) {
  return el("details", {}, el("summary", {}, el("span", { class: "note" }, `Statements of the role's policy (${list.reduce((sum, one) => sum + one.statements.length, 0)})`)),
    el("div", { class: "inside" }, ...list.map((one) => el("div", {}, el("p", { class: "soft" }, `${one.path}  ${lineOf(one.line)}`), el("pre", { tabindex: "0" }, JSON.stringify(one.statements, null, 2))))));
}
function grantTable(list, first) {
  return el("table", {}, el("thead", {}, el("tr", {}, ...[first === "service" ? "Service" : "Where", "Access", "Conditions", "Declared"].map((label) => el("th", { scope: "col" }, label)))),
    el("tbody", {}, ...list.map((one) => el("tr", { class: one.change || null }, el("td", { class: first === "service" ? null : "mono" }, first === "service" ? `${one.service} ` : where(one), first === "service" ? el("span", { class: "mono soft" }, one.place) : ""),
      el("td", {}, ...pills(one.access), ...one.actions.map((action) => el("span", { class: "pill" }, action))),
      el("td", {}, [...one.conditions, ...(one.expires ? [`until ${one.expires}`] : [])].join(", ")), el("td", { class: "mono tight" }, lineOf(one.line))))));
}
function card(kind, name, summary, fill) {
  const box = el("details", { id: `${kind}-${name}` }, el("summary", {}, el("b", {}, name), ...summary));
  const full = () => { if (!box.filled) { box.filled = true; box.append(el("div", { class: "inside" }, ...fill())); } };
  box.addEventListener("toggle", () => { if (box.open) full(); });
  box.full = full;
  return box;
}
function drawBuckets(grants) {
  const perBucket = by(grants, (one) => one.bucket);
  const list = data.buckets.filter((one) => perBucket.has(one.name) || (grants.length === data.grants.length)).map((bucket) => {
    const its = perBucket.get(bucket.name) || [];
    const count = (levels) => new Set(its.filter((one) => one.change !== "removed" && one.access.some((level) => levels.includes(level))).map((one) => one.service)).size;
    return card("bucket", bucket.name, [el("span", { class: "note" }, `${count(["read"])} read, ${count(["write", "create"])} write, ${count(["delete"])} delete`),
      bucket.exclusive ? el("span", { class: "badge good" }, "exclusive") : el("span", { class: "badge plain" }, "not exclusive")], () => [
      el("p", { class: "facts" }, `s3://${bucket.s3_name}, encryption ${bucket.encryption}${bucket.line ? `, ${lineOf(bucket.line)}` : ""}. ${bucket.others}`),
      bucket.administrators.length ? el("p", { class: "facts" }, `Administrators: ${bucket.administrators.join(", ")}`) : null,
      its.length ? grantTable(its, "service") : el("p", {}, "No declared service reaches it."), its.length ? statements(its) : null]);
  });
  $("bucket-list").replaceChildren(...(list.length ? list : [el("p", { class: "soft" }, "No bucket matches.")]));
}
function drawServices(grants) {
  const perService = by(grants, (one) => one.service);
  const list = data.services.filter((one) => perService.has(one.name) || grants.length === data.grants.length);
  $("service-list").replaceChildren(...(list.length ? list.slice(0, state.cards).map((service) => {
    const its = perService.get(service.name) || [];
    return card("service", service.name, [el("span", { class: "note" }, [...new Set(its.map((one) => one.bucket))].join(", ") || "nothing"), ...pills(Object.keys(LEVELS).filter((level) => its.some((one) => one.access.includes(level))))], () => [
      el("p", { class: "facts" }, service.roles.join(", ") || "removed", service.line ? `, sessions of at most ${service.session_seconds / 3600} h, ${lineOf(service.line)}` : ""),
      el("p", { class: "facts" }, "Who is it: ", service.identities.map((one) => `${one.subject} of ${one.issuer}`).join("; ")),
      ...service.remarks.map((text) => el("p", {}, el("span", { class: "badge warn" }, "note"), ` ${text}`)),
      its.length ? grantTable(its, "where") : el("p", {}, "It has no grant."), its.length ? statements(its) : null]);
  }) : [el("p", { class: "soft" }, "No service matches.")]));
  more("services-more", list.length, state.cards, "services", () => { state.cards = Infinity; update(); });
}
function open(kind, name) {
  let box = $(`${kind}-${name}`);
  if (!box && kind === "service") { state.cards = Infinity; update(); box = $(`${kind}-${name}`); }
  if (box) { box.open = true; box.querySelector("summary").focus(); box.scrollIntoView({ block: "center" }); }
}

// --- guarantees, findings, drift, changes: once --------------------------------------------------------------------------------
const VERDICTS = { proved: ["good", "proved"], counterexample: ["bad", "broken"], unknown: ["warn", "unknown"] };
function example(found) {
  return [found.description, ...(found.token ? [`token ${JSON.stringify(found.token)}`] : []), ...found.requests.flatMap((one) => [
    one.principal.session || one.principal.arn || one.principal.kind, `${one.action} ${one.resource}`, ...Object.entries(one.context).map(([key, value]) => `  ${key} = ${value}`), one.decision.reason])].join("\n");
}
function drawGuarantees() {
  const list = data.guarantees;
  if (list === null) { $("guarantee-list").replaceChildren(el("p", { class: "soft" }, "Not proved for this page: it was made with --no-proofs. bucketpass prove proves them.")); return; }
  const order = { counterexample: 0, unknown: 1, proved: 2 };
  const rows = [...list].sort((one, other) => order[one.verdict] - order[other.verdict]);
  const row = (one) => el("div", { class: "guarantee" }, el("p", {}, el("span", { class: `badge ${VERDICTS[one.verdict][0]}` }, VERDICTS[one.verdict][1]), " ", el("b", {}, one.name)), el("p", { class: "soft" }, one.theorem),
    ...one.reasons.map((text) => el("p", {}, text)), one.counterexample ? el("pre", { tabindex: "0" }, example(one.counterexample)) : null);
  const assumed = [...new Set(list.flatMap((one) => one.assumed))];
  const button = el("button", { type: "button", class: "more", onclick: () => { const rest = rows.slice(40).map(row); button.replaceWith(...rest); } }, `Show all ${rows.length} guarantees`);
  $("guarantee-list").replaceChildren(...rows.slice(0, 40).map(row), rows.length > 40 ? button : "",
    assumed.length ? el("details", {}, el("summary", {}, el("span", { class: "note" }, `What the proofs assume (${assumed.length})`)), el("div", { class: "inside" }, el("ul", {}, ...assumed.map((text) => el("li", {}, text))))) : "");
}
function drawFindings() {
  const kinds = { error: "bad", warning: "warn", note: "plain" };
  const row = (one) => el("div", { class: "finding" }, el("p", {}, el("span", { class: `badge ${kinds[one.severity] || "plain"}` }, one.severity), " ", one.link ? el("a", { href: one.link, rel: "noreferrer" }, one.code) : el("b", {}, one.code),
    el("span", { class: "mono soft" }, ` ${lineOf(one.line)} ${one.path || ""}`)), el("p", {}, one.message), one.remedy ? el("p", { class: "soft" }, one.remedy) : null);
  const button = el("button", { type: "button", class: "more", onclick: () => button.replaceWith(...data.findings.slice(60).map(row)) }, `Show all ${data.findings.length} findings`);
  $("finding-list").replaceChildren(...(data.findings.length ? [...data.findings.slice(0, 60).map(row), data.findings.length > 60 ? button : ""] : [el("p", { class: "soft" }, "None.")]));
}
function drawRest() {
  if (data.drift !== null) {
    $("drift").hidden = false;
    $("drift-list").replaceChildren(...(data.drift.length ? data.drift.map((one) => el("li", {}, el("b", {}, one.owner), ` ${one.subject}: ${one.relation}`, one.reasons.length ? ` (${one.reasons.join("; ")})` : "")) : [el("li", {}, "None: what is deployed gives what is declared.")]));
  }
  if (data.changes !== null) {
    const signs = { more: ["warn", "+ more"], less: ["good", "− less"] };
    $("changes").hidden = false;
    $("changes-title").textContent = `Changes against ${data.compared_with}`;
    $("change-list").replaceChildren(...(data.changes.length ? data.changes.map((one) => el("li", {}, el("span", { class: `badge ${(signs[one.kind] || ["plain"])[0]}` }, (signs[one.kind] || [0, "~ other"])[1]), " ", el("b", {}, one.subject), ` ${one.description}`)) : [el("li", {}, "None: both mean the same.")]));
  }
}
function drawHead() {
  $("title").textContent = data.file;
  $("meta").textContent = `Account ${data.account}, ${data.region}. Written ${data.written} by bucketpass ${data.version}.`;
  const count = (list, test) => list.filter(test).length;
  const tile = (href, number, label, kind = "") => el("a", { class: `tile ${kind}`, href }, el("b", {}, typeof number === "number" ? number.toLocaleString("en") : number), el("span", {}, label));
  const alive = data.grants.filter((one) => one.change !== "removed");
  const errors = count(data.findings, (one) => one.severity === "error"), warnings = count(data.findings, (one) => one.severity === "warning");
  const tiles = [tile("#services", data.services.length, "services"), tile("#buckets", data.buckets.length, data.buckets.length === 1 ? "bucket" : "buckets"), tile("#matrix", alive.length, "grants"),
    tile("#matrix", count(alive, (one) => one.access.some((level) => ["write", "create", "delete"].includes(level))), "grants that change data")];
  if (data.guarantees !== null) {
    const proved = count(data.guarantees, (one) => one.verdict === "proved"), all = data.guarantees.length;
    tiles.push(tile("#guarantees", `${proved} of ${all}`, "guarantees proved", proved === all && all ? "good" : "bad"));
  }
  tiles.push(tile("#findings", errors + warnings, "errors and warnings", errors ? "bad" : warnings ? "warn" : "good"));
  if (data.drift !== null) tiles.push(tile("#drift", data.drift.length, "differences from what is deployed", data.drift.length ? "bad" : "good"));
  if (data.changes !== null) tiles.push(tile("#changes", data.changes.length, "changes", data.changes.length ? "warn" : "good"));
  $("tiles").replaceChildren(...tiles);
  $("sections").replaceChildren(...[...document.querySelectorAll("main>section")].filter((one) => !one.hidden).map((one) => el("li", {}, el("a", { href: `#${one.id}` }, one.querySelector("h2").textContent))));
  $("legend").replaceChildren(...Object.keys(LEVELS).map((level) => { const line = svg("svg", { width: 30, height: 10, class: "key", "aria-hidden": "true" }, svg("path", { d: "M1 5H29", class: `link ${level}` })); return el("li", {}, el("span", { class: "canvas" }, line), `${LEVELS[level]} ${level}`); }));
  $("levels").append(...Object.keys(LEVELS).map((level) => el("label", { class: "level" }, el("input", { type: "checkbox", value: level, checked: true }), level)));
  const option = (value, text) => el("option", { value }, text);
  const group = (label, items) => (items.length ? el("optgroup", { label }, ...items) : "");
  $("zoom").replaceChildren(option("", "Everything"), group("Buckets", data.buckets.map((one) => option(`bucket:${one.name}`, one.name))), group("Issuers", data.issuers.map((one) => option(`issuer:${one.name}`, one.name))),
    group("Tenants, by tag", [...new Set(data.grants.map((one) => one.per).filter(Boolean))].map((name) => option(`tenant:${name}`, name))), group("Services", data.services.map((one) => option(`service:${one.name}`, one.name))));
  $("footer").replaceChildren(...data.notes.map((text) => el("p", {}, text)), el("p", {}, "The map shows what the declaration grants. Denied is everything else for these roles; other principals are named under each bucket."));
}
function drawTrail() {
  const steps = [];
  if (state.group) steps.push(`group ${state.groupLabel}`);
  if (state.zoom) steps.push(state.zoom.replace(":", " "));
  $("trail").replaceChildren(...(steps.length ? [el("button", { type: "button", class: "link", onclick: back }, "Everything"), ` › ${steps.join(" › ")}`] : []));
}
function back() { zoom(""); $("map").focus({ preventScroll: true }); }

function update() {
  const grants = shown();
  drawMap(grants); drawTrail(); drawGrid(grants); drawMatrix(grants); drawBuckets(grants); drawServices(grants);
  $("count").textContent = grants.length === data.grants.length ? "" : `${grants.length.toLocaleString("en")} of ${plural(data.grants.length, "grant")}`;
}
let waiting = 0;
const soon = () => { clearTimeout(waiting); waiting = setTimeout(update, 90); };
function theme(name) {
  document.documentElement.dataset.theme = name;
  $("theme").textContent = name === "dark" ? "Light" : "Dark";
  $("theme").setAttribute("aria-label", name === "dark" ? "Light theme" : "Dark theme");
}
theme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
$("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
$("search").addEventListener("input", (event) => { state.query = event.target.value; soon(); });
$("zoom").addEventListener("change", (event) => { state.group = null; zoom(event.target.value); });
$("levels").addEventListener("change", (event) => { state.levels[event.target.checked ? "add" : "delete"](event.target.value); update(); });
$("tools").addEventListener("submit", (event) => event.preventDefault());
$("tools").addEventListener("reset", () => setTimeout(() => { state.query = ""; state.levels = new Set(Object.keys(LEVELS)); state.group = null; zoom(""); }));
$("copy").addEventListener("click", copy);
const canvas = $("canvas"), nodeOf = (event) => event.target.closest(".node");
canvas.addEventListener("click", (event) => { const node = nodeOf(event); if (node) activate(node); });
canvas.addEventListener("keydown", (event) => {
  const node = nodeOf(event);
  if (node && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); activate(node); $("map").focus({ preventScroll: true }); }
  if (node && event.key.startsWith("Arrow")) { event.preventDefault(); move(node, event.key); }
});
$("map").addEventListener("keydown", (event) => { if (event.key === "Escape" && (state.zoom || state.group)) back(); });
canvas.addEventListener("mouseover", (event) => light(nodeOf(event)));
canvas.addEventListener("mouseleave", () => light(null));
canvas.addEventListener("focusin", (event) => light(nodeOf(event)));
canvas.addEventListener("focusout", () => light(null));
addEventListener("resize", (() => { let last = innerWidth; return () => { if (innerWidth !== last) { last = innerWidth; soon(); } }; })());
addEventListener("beforeprint", () => { state.grid = Infinity; state.rows = Infinity; state.cards = Infinity; update(); for (const box of document.querySelectorAll(".cards details")) box.full && box.full(); });
drawRest(); drawHead(); drawGuarantees(); drawFindings(); update();
document.documentElement.dataset.ready = "true";
})();
