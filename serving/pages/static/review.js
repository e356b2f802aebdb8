"use strict";
// Works through the queue. Text is only ever set as text; everything that changes goes to v1/reviews.

const $ = (id) => document.getElementById(id);
const hex = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");
const holder = sessionStorage.getItem("petition-holder") || hex(); // kept, so that loading again gives the same
sessionStorage.setItem("petition-holder", holder);
const fieldsets = [...document.querySelectorAll("fieldset[data-axis]")];
const boxes = (axis) => [...axis.querySelectorAll("input[data-label]")];
const keyed = new Map([...document.querySelectorAll("input[data-key]")].map((box) => [box.dataset.key, box]));
const COLOURS = 8;

let item = null; // what is shown
let sending = ""; // id of the review under way: sent again, it is taken once
let busy = false;
const trail = []; // places seen before, the last one last
const saved = []; // {place, id, labels, note, unsure}, the last one last

// ---- talking to the service

const ADVICE = {
  no_key: "登录已失效。请在新的标签页里重新登录，再回到这里保存。",
  forbidden: "当前登录的密钥没有复核的权限。",
  reviews_off: "还没有开通复核。请管理员设置 reviews_database。",
  reviews_away: "复核库暂时不能用，请稍后再试；没有保存的内容还在页面上。",
  no_queue: "还没有待复核的队列。请管理员设置 reviews_queue。",
  queue_away: "待复核的队列暂时读不了，请告诉管理员。",
  conflict: "这一次与已有的记录冲突，没有保存。请刷新页面。",
  invalid: "内容不合要求，没有保存。标签体系可能已更新，请刷新页面。",
  busy: "现在排队的人太多，请稍后再试。",
  rate: "这个密钥在一段时间内的件数已用完，请稍后再试。",
  draining: "服务正在重启，请过一会儿再试。",
};

async function ask(path, body) {
  const sent = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  let answer, shape;
  try {
    answer = await fetch(path, sent || undefined);
    shape = await answer.json();
  } catch {
    throw { code: "", words: "连不上服务，请检查网络后再试；没有保存的内容还在页面上。" };
  }
  if (answer.ok) return shape;
  const code = shape.code || "";
  throw { code, words: ADVICE[code] || `${shape.title || "出错了"}（请求编号 ${shape.request_id || "无"}，请告诉管理员）` };
}

async function once(work) {
  if (busy) return;
  busy = true;
  document.body.setAttribute("aria-busy", "true");
  say("");
  complain("");
  try {
    await work();
  } catch (error) {
    if (!error.words) throw error;
    if (item) complain(error.words);
    else finish("现在不能复核", error.words);
  } finally {
    busy = false;
    document.body.removeAttribute("aria-busy");
    buttons();
  }
}

// ---- showing

function say(words) { $("said").textContent = words; }

function complain(words) {
  $("wrong").textContent = words;
  $("wrong").hidden = !words;
}

function finish(title, words) {
  item = null;
  $("desk").hidden = true;
  $("empty").hidden = false;
  $("empty-title").textContent = title;
  $("empty-text").textContent = words;
}

function buttons() {
  $("undo").disabled = !saved.length;
  $("back").disabled = !trail.length;
}

function progress(found) {
  $("progress").max = Math.max(1, found.total);
  $("progress").value = found.reviewed;
  $("far").textContent = `已复核 ${found.reviewed} / ${found.total} 件`;
}

function show(found, given) {
  progress(found);
  if (!found.item) {
    if (!found.total) finish("队列是空的", "队列文件里没有来信。");
    else if (found.reviewed >= found.total) finish("全部复核完了", `一共 ${found.total} 件。`);
    else finish("没有可分给您的了", "剩下的正由其他同事复核，过一会儿再看。");
    return;
  }
  item = found.item;
  sending = hex();
  $("empty").hidden = true;
  $("desk").hidden = false;
  const { report, prediction, reviews } = item;
  const facts = [`第 ${item.place + 1} 件`, `编号 ${report.id}`, report.time, report.region, report.channel,
    item.covered && "个人信息已遮盖"];
  $("facts").textContent = facts.filter(Boolean).join(" · ");
  $("title").textContent = "";
  $("title").hidden = !report.title;
  $("ask").hidden = !prediction.needs_review;
  $("ask").textContent = "模型对这一件把握不足，请细看。";
  const last = reviews[reviews.length - 1];
  $("earlier").hidden = !last;
  if (last) {
    const when = new Date(last.at).toLocaleString("zh-CN", { dateStyle: "short", timeStyle: "short" });
    $("earlier").textContent = `${last.reviewer} 于 ${when} 复核过；再次保存就是更正。${last.note ? `备注：${last.note}` : ""}`;
  }
  sheet(given || last);
  marks();
  scrollTo(0, 0);
  $("letter").focus({ preventScroll: true });
  buttons();
}

const tagsOf = (axis) => item.prediction.tags[axis.dataset.axis] || [];

function sheet(given) {
  for (const axis of fieldsets) {
    const tags = new Map(tagsOf(axis).map((tag) => [tag.label, tag]));
    const held = given ? given.labels[axis.dataset.axis] : [...tags.keys()];
    axis.querySelector("[data-skip]").checked = Boolean(given) && (held === null || held === undefined);
    for (const box of boxes(axis)) {
      const tag = tags.get(box.dataset.label);
      box.checked = (held || []).includes(box.dataset.label);
      box.closest("label").querySelector(".score").textContent = tag ? tag.score.toFixed(2) : "";
    }
    settle(axis);
  }
  $("note").value = given && given === saved.undone ? given.note : "";
  $("unsure").checked = Boolean(given && given.unsure);
}

function settle(axis) {
  const skipped = axis.querySelector("[data-skip]").checked;
  const tags = new Set(tagsOf(axis).map((tag) => tag.label));
  axis.classList.toggle("skipped", skipped);
  for (const box of boxes(axis)) {
    const differs = !skipped && box.checked !== tags.has(box.dataset.label);
    box.closest("label").classList.toggle("changed", differs);
  }
}

// Spans of code points in what is shown, marked where one or more tags point; where several do, the first one's colour.
function marks() {
  const all = $("all").checked;
  let colour = 0;
  const shown = [];
  for (const axis of fieldsets) {
    for (const box of boxes(axis)) {
      const name = box.closest("label").querySelector(".name");
      name.className = "name";
      const tag = tagsOf(axis).find((each) => each.label === box.dataset.label);
      const spans = item.marks.filter((each) => each.axis === axis.dataset.axis && each.label === box.dataset.label);
      if (!tag || !spans.length || !(all || axis.dataset.marked)) continue;
      const paint = `c${colour++ % COLOURS}`;
      name.classList.add(paint);
      for (const span of spans) shown.push({ ...span, paint, name: tag.name });
    }
  }
  write($("title"), item.report.title, shown.filter((span) => span.part === "title"));
  write($("text"), item.report.text, shown.filter((span) => span.part !== "title"));
}

function write(place, text, spans) {
  const points = Array.from(text);
  const cuts = [...new Set([0, points.length, ...spans.flatMap((span) => [span.start, span.end])])].sort((a, b) => a - b);
  place.replaceChildren();
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [start, end] = [cuts[i], cuts[i + 1]];
    const words = points.slice(start, end).join("");
    const over = spans.filter((span) => span.start <= start && end <= span.end);
    if (!over.length) {
      place.append(words);
      continue;
    }
    const mark = document.createElement("mark");
    mark.className = over[0].paint;
    mark.dataset.labels = over.map((span) => span.label).join(" ");
    mark.append(words);
    place.append(mark);
    for (const span of over.filter((each) => each.end === end)) {
      const why = document.createElement("span");
      why.className = `why ${span.paint}`;
      why.textContent = span.name;
      place.append(why);
    }
  }
}

// ---- acting

const judged = () => Object.fromEntries(fieldsets.map((axis) => {
  const held = boxes(axis).filter((box) => box.checked).map((box) => box.dataset.label);
  const skipped = axis.querySelector("[data-skip]").checked || (axis.dataset.kind === "one" && !held.length);
  return [axis.dataset.axis, skipped ? null : held];
}));

const reviewer = () => $("reviewer").value.trim();
const next = (after) => ask(`v1/reviews/queue?after=${after}&holder=${holder}`);

function save() {
  if (!item) return;
  if (!reviewer() && !$("desk").dataset.key) {
    complain("请先填写复核人（姓名或工号）。");
    $("reviewer").focus();
    return;
  }
  const labels = judged();
  if (Object.values(labels).every((held) => held === null)) {
    complain("每个维度都是“不判断”，没有可保存的；要略过这一件请按“跳过”。");
    return;
  }
  once(async () => {
    const { place } = item;
    if (!item.taken) {
      const { id, title, text } = item.report;
      const report = item.covered ? { id, hash: item.hash } : { id, title, text };
      const body = {
        id: sending, report, labels, prediction: item.prediction,
        reviewer: reviewer(), note: $("note").value.trim(), unsure: $("unsure").checked,
      };
      await ask("v1/reviews", body);
      item.taken = true; // should the next one not come, saving again only asks for it again
      saved.push({ place, id: sending, labels, note: body.note, unsure: body.unsure, reviewer: body.reviewer });
      trail.push(place);
    }
    const found = await next(place).catch((error) => {
      throw { ...error, words: `这一件已保存，取不到下一件。${error.words}` };
    });
    show(found);
    say(`已保存，还剩 ${found.total - found.reviewed} 件。`);
  });
}

function undo() {
  if (!saved.length) return;
  once(async () => {
    const last = saved[saved.length - 1];
    await ask(`v1/reviews/${last.id}/undo`, { reviewer: last.reviewer });
    saved.pop();
    const at = trail.lastIndexOf(last.place);
    if (at >= 0) trail.splice(at, 1);
    saved.undone = last;
    show(await ask(`v1/reviews/queue/${last.place}`), last);
    say(`已撤销第 ${last.place + 1} 件的复核，可以重新勾选。`);
  });
}

function skip() {
  if (!item) return;
  once(async () => {
    const { place } = item;
    const found = await next(place);
    if (found.item && found.item.place === place) {
      say("没有别的待复核来信了。");
      return;
    }
    trail.push(place);
    show(found);
  });
}

function back() {
  if (!trail.length) return;
  once(async () => {
    const place = trail[trail.length - 1];
    const found = await ask(`v1/reviews/queue/${place}`);
    trail.pop();
    show(found);
  });
}

const start = () => once(async () => show(await next(-1)));

// ---- keys and clicks

function toggle(box) {
  const axis = box.closest("fieldset");
  axis.querySelector("[data-skip]").checked = false;
  if (axis.dataset.kind === "one" && box.checked) for (const other of boxes(axis)) other.checked = other === box;
  settle(axis);
}

function point(event, on) {
  const box = event.target.closest("label.tick")?.querySelector("input[data-label]");
  if (!box) return;
  for (const mark of document.querySelectorAll("mark[data-labels]"))
    mark.classList.toggle("on", on && mark.dataset.labels.split(" ").includes(box.dataset.label));
}

document.addEventListener("keydown", (event) => {
  if ($("keys").open) {
    if (event.key === "?" || event.key === "？") { event.preventDefault(); $("keys").close(); }
    return;
  }
  const writing = event.target.matches("textarea, input[type=text]");
  const command = event.ctrlKey || event.metaKey;
  if (event.isComposing || event.altKey) return;
  if (command && event.key === "Enter") { event.preventDefault(); save(); return; }
  if (writing) {
    if (event.key === "Escape" || (event.key === "Enter" && event.target === $("reviewer"))) {
      event.preventDefault();
      $("letter").focus({ preventScroll: true });
    }
    return;
  }
  if (command) {
    if (event.code === "KeyZ" && !event.shiftKey) { event.preventDefault(); undo(); }
    return;
  }
  const act = { Enter: save, ArrowRight: skip, ArrowLeft: back }[event.key];
  if (act) {
    if (event.target.matches("button, a, summary") && event.key === "Enter") return;
    event.preventDefault();
    act();
  } else if (event.key === "?" || event.key === "？") {
    event.preventDefault();
    $("keys").showModal();
  } else if (event.key === "/" || event.key === "、") {
    event.preventDefault();
    $("note").focus();
  } else if (event.code === "Minus" || event.code === "NumpadSubtract") {
    if (item) $("unsure").checked = !$("unsure").checked;
  } else if (!event.shiftKey && item) {
    // By the place of the key, so that an input method in Chinese does not swallow it.
    const box = keyed.get(event.code.replace(/^(Key|Digit|Numpad)/, ""));
    if (box) {
      event.preventDefault();
      box.checked = !box.checked;
      toggle(box);
    }
  }
});

$("sheet").addEventListener("submit", (event) => { event.preventDefault(); save(); });
$("sheet").addEventListener("change", (event) => {
  if (event.target.matches("[data-label]")) toggle(event.target);
  if (event.target.matches("[data-skip]")) settle(event.target.closest("fieldset"));
});
for (const [name, on] of [["mouseover", true], ["focusin", true], ["mouseout", false], ["focusout", false]])
  $("sheet").addEventListener(name, (event) => point(event, on));
$("undo").addEventListener("click", undo);
$("back").addEventListener("click", back);
$("skip").addEventListener("click", skip);
$("again").addEventListener("click", start);
$("help").addEventListener("click", () => $("keys").showModal());
$("all").addEventListener("change", () => { if (item) marks(); });
$("reviewer").value = localStorage.getItem("petition-reviewer") || "";
$("reviewer").addEventListener("change", () => localStorage.setItem("petition-reviewer", reviewer()));
start();
