#!/usr/bin/env bash
# The whole cycle on one machine: tag, review, retrain, judge, promote; the running service goes over to the new
# model. Then an export whose labels were mixed up is refused, and the service goes back to the old model.
#
#   docs/cycle.sh FOLDER [options of petition retrain, as --epochs 2]
#
# Needs the extra `training`, and writes into FOLDER alone. By itself it works through invented reports that come
# with the source, and a program sits in the officers' place. The model that ships has learned from these very
# reports, so the figures say nothing about it. With your own:
#
#   REPORTS   labelled reports (JSONL): the first 200 are reviewed, the next 200 are mixed up
#   TEST      labelled reports (JSONL) that measure
#   MODEL     folder of the Export in service
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
reports=$(realpath "${REPORTS:-$home/training/contrast/borders.jsonl}")
test=$(realpath "${TEST:-$home/training/contrast/grid.jsonl}")
model=$(realpath "${MODEL:-$home/model/default}")
mkdir -p "$1" && cd "$1" && shift
# So few reports are learned in small steps, or what the model knew before is lost.
(($#)) || set -- --epochs 1 --encoder-lr 5e-5 --head-lr 2e-4

say() { printf '\n== %s\n' "$*"; }

# FIRST LAST: lines of the labelled reports.
lines() { sed -n "$1,$2p" "$reports"; }

# WANTED: wait until the service answers with this model.
answers() {
  for _ in $(seq 300); do
    now=$(python3 -c '
import json, sys, urllib.request
body = json.dumps({"text": "领失业金，大厅喊我去街道，街道喊我去大厅"}).encode()
request = urllib.request.Request(sys.argv[1] + "/v1/tag", body, {"content-type": "application/json"})
print(json.load(urllib.request.urlopen(request))["predictions"][0]["model"])' "$service")
    if [[ $now == "$1" ]]; then
      echo "the service answers with $now"
      return
    fi
    sleep 0.2
  done
  echo "the service still answers with $now" >&2
  return 1
}

say "Reports come in, and are tagged"
lines 1 200 | python3 -c '
import csv, json, sys
out = csv.writer(sys.stdout)
out.writerow(["id", "title", "text"])
for row in map(json.loads, sys.stdin):
    out.writerow([row["id"], row.get("title", ""), row["text"]])' > reports.csv
petition tag reports.csv -o tagged.csv --model "$model"

say "The service starts: tags, and deals reports out for review"
mkdir models
cp -r "$model" models/shipped
ln -s shipped models/current
petition reviews migrate --database reviews.db
petition serve --port 0 --log-format json --model models/current --set follow_s=1 \
  --set reviews_database=reviews.db --set reviews_queue=reports.csv 2> serve.log &
trap 'kill %1 && wait %1' EXIT
until port=$(python3 -c '
import json
print(next(line["port"] for line in map(json.loads, open("serve.log")) if line["event"] == "listening"))' 2> /dev/null)
do
  kill -0 %1
  sleep 0.2
done
service=http://127.0.0.1:$port
shipped=$(python3 -c 'import json; e = json.load(open("models/shipped/export.json")); print(e["name"] + "@" + e["version"])')
answers "$shipped"

# They do so at $service/review. Here a program gives the labels that are known.
say "Officers review what is in the queue"
lines 1 200 > judged.jsonl
python3 - "$service" judged.jsonl <<'PY'
import json, sys, urllib.request

service, file = sys.argv[1:]
known = {row["id"]: row for row in map(json.loads, open(file, encoding="utf-8"))}


def ask(path, body=None):
    request = urllib.request.Request(
        service + path, body and json.dumps(body).encode(), {"content-type": "application/json"}
    )
    return json.load(urllib.request.urlopen(request))


def labels(held):
    """The ids of an axis' labels, whether one, a list, or each with the words that show it."""
    return [held] if isinstance(held, str) else [*held]


done, corrected = 0, 0
while item := ask("/v1/reviews/queue?holder=desk")["item"]:
    right = known[item["report"]["id"]]
    said = {axis: [tag["label"] for tag in tags] for axis, tags in item["prediction"]["tags"].items()}
    judged = {axis: labels(right[axis]) for axis in said if right.get(axis) is not None}
    ask("/v1/reviews", {
        "report": {"id": item["report"]["id"], "hash": item["hash"]}, "labels": judged,
        "prediction": {name: item["prediction"][name] for name in ("model", "tags")}, "reviewer": "0317",
    })
    done += 1
    corrected += any({*judged[axis]} != {*said[axis]} for axis in judged)
print(f"{done} reviewed, {corrected} of them corrected")
PY

say "The reviews become labels, and are looked at"
petition import reviews.db --reports reports.csv --taxonomy models/current/taxonomy.yaml --to labels.jsonl
petition survey labels.jsonl --taxonomy models/current/taxonomy.yaml --against "$test" || echo "a rule is broken: see above"

say "A new model is trained, judged, and promoted because it is not worse"
petition retrain --labels labels.jsonl --test "$test" --serving "$model" --into models --version second "$@"
answers petition@second

say "An export whose labels were mixed up is refused"
lines 201 400 | python3 -c '
import json, random, sys
rows = [json.loads(line) for line in sys.stdin]
axes = [axis for axis in ("domain", "misconduct", "purpose") if axis in rows[0]]
mixed = [{axis: [*row[axis]] if isinstance(row[axis], dict) else row[axis] for axis in axes} for row in rows]
random.Random(0).shuffle(mixed)
for row, other in zip(rows, mixed):
    print(json.dumps({**row, **other}, ensure_ascii=False))' > mixed.jsonl
code=0
petition retrain --labels mixed.jsonl --into models --version mixed "$@" || code=$?
[[ $code == 1 ]]
answers petition@second
petition retrain --take-back

say "Back to the old model"
petition rollback --why "给新同事演示" --into models
answers "$shipped"
petition models
