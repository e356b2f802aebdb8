#!/usr/bin/env bash
# Install from the offline bundle that this file lies in, with no network.
#
#   ./install.sh FOLDER [--extra training]...
#
# FOLDER becomes a venv with the command petition in FOLDER/bin; one that is there is updated.
# PYTHON=python3.12 ./install.sh FOLDER takes another Python; it must be one that the bundle was made for.
set -euo pipefail

usage() { sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
python=${PYTHON:-python3}
folder= extras=()
while [ $# -gt 0 ]; do
  case $1 in
    --extra) extras+=("${2:?}"); shift 2 ;;
    -*) usage ;;
    *) [ -z "$folder" ] || usage; folder=$1; shift ;;
  esac
done
[ -n "$folder" ] || usage

bundle=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
(cd "$bundle" && sha256sum --check --quiet --strict SHA256SUMS) || {
  echo "install.sh: the bundle is damaged (above); copy it again" >&2
  exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "install.sh: Python 3.11 or newer is needed; name one with PYTHON=..." >&2
  exit 1
}
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
# Nothing but the bundle: no index, whatever the machine's own settings of pip say.
install() {
  env -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null PIP_DISABLE_PIP_VERSION_CHECK=1 \
    "$folder/bin/pip" install --quiet --no-index "$@"
}
install --find-links "$bundle/wheels" --upgrade \
  "petition-tagger$(IFS=,; [ ${#extras[@]} -eq 0 ] || echo "[${extras[*]}]")"
# Once more, ourselves alone: two bundles may hold different code under one version, which pip calls satisfied.
install --no-deps --force-reinstall "$bundle"/wheels/petition_tagger-*.whl
"$folder/bin/petition" doctor
