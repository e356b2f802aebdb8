"use strict";
// The page works without this: it adds dropping a file, Ctrl+Enter, copying, and choosing which reports to see.

const ask = document.getElementById("ask");
const drop = document.getElementById("drop");
const file = document.getElementById("file");
const go = document.getElementById("go");
const results = document.getElementById("results");
const label = go.textContent;

ask.addEventListener("submit", () => {
  go.disabled = true;
  go.textContent = go.dataset.busy;
});
// Coming back with the browser's own button shows the page as it was left.
window.addEventListener("pageshow", () => {
  go.disabled = false;
  go.textContent = label;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && ask.contains(event.target) && !go.disabled) {
    event.preventDefault();
    ask.requestSubmit(go);
  }
});

// Anywhere on the page: a file dropped beside the field would otherwise open in the place of the page.
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length === 1) file.files = event.dataTransfer.files;
  });
}

if (results) {
  const answer = JSON.parse(document.getElementById("answer").textContent);

  for (const button of results.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const which = button.dataset.copy;
      const shape = which === "all" ? answer : answer.predictions[Number(which)];
      const copied = await copy(JSON.stringify(shape, null, 2));
      const said = button.parentElement.querySelector(".said");
      said.textContent = copied ? "已复制" : "没能复制，请下载表格";
      setTimeout(() => { said.textContent = ""; }, 3000);
    });
  }

  const choices = [...results.querySelectorAll("[data-show]")];
  const reports = [...results.querySelectorAll("[data-marks]")];
  for (const choice of choices) {
    choice.disabled = false;
    choice.addEventListener("click", () => {
      const wanted = choice.dataset.show;
      for (const each of choices) each.setAttribute("aria-pressed", String(each === choice));
      for (const report of reports) report.hidden = wanted !== "" && !report.dataset.marks.split(" ").includes(wanted);
      document.getElementById("none").hidden = reports.some((report) => !report.hidden);
    });
  }
}

async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { /* not allowed: the old way is tried */ }
  }
  // Over plain http there is no clipboard but this.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "aside-copy";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
