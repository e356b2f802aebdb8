#!/usr/bin/env bash
# Collect all that a machine without a network needs: wheels, the repository, an installer, unit and manifests,
# checksums.
#
#   deploy/bundle.sh OUT [--arch x86_64]... [--python 3.11]... [--extra training]...
#
# OUT is a folder that is made. Without --arch: x86_64 and aarch64. Without --python: the version of this
# machine's python3. Wheels are taken for glibc 2.28 and older (Kylin V10, UOS 20, openEuler, Debian 10 and
# later). Run on a machine with a package index at hand, in a git checkout; what is not committed stays out.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
stop() { echo "bundle.sh: $1" >&2; exit 1; }

python=${PYTHON:-python3}
out= arches=() versions=() extras=()
while [ $# -gt 0 ]; do
  case $1 in
    --arch) arches+=("${2:?}"); shift 2 ;;
    --python) versions+=("${2:?}"); shift 2 ;;
    --extra) extras+=("${2:?}"); shift 2 ;;
    -*) usage ;;
    *) [ -z "$out" ] || usage; out=$1; shift ;;
  esac
done
[ -n "$out" ] || usage
[ ! -e "$out" ] || stop "$out is there already; remove it or name another folder"
[ ${#arches[@]} -gt 0 ] || arches=(x86_64 aarch64)
[ ${#versions[@]} -gt 0 ] || versions=("$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')")

mkdir -p "$out"
out=$(cd "$out" && pwd)
# Half a bundle is none.
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
trap 'rm -rf "$out"' ERR INT TERM
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1
wheels=$out/wheels

git archive --format=tar.gz --prefix=petition-tagger/ -o "$out/repository.tar.gz" HEAD
# Of the archive: a file that is just being edited would get into a wheel of the working tree.
tar -xzf "$out/repository.tar.gz" -C "$source"
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$wheels" "$source/petition-tagger"
wheel=$(echo "$wheels"/petition_tagger-*.whl)
wanted=petition-tagger$(IFS=,; [ ${#extras[@]} -eq 0 ] || echo "[${extras[*]}]")

for arch in "${arches[@]}"; do
  platforms=()
  # pip takes each by name: a newer one does not stand for the older ones.
  for tag in manylinux_2_{28,27,26,24,17,12,5} manylinux2014 manylinux2010 manylinux1 linux; do
    platforms+=(--platform "${tag}_$arch")
  done
  for version in "${versions[@]}"; do
    echo "wheels for $arch, Python $version"
    # hatchling builds the wheel from the repository, should somebody change it there.
    "$python" -m pip download --quiet --only-binary=:all: --dest "$wheels" --python-version "$version" \
      --implementation cp "${platforms[@]}" "$wanted @ file://$wheel" hatchling
  done
done

cp "$source/petition-tagger/deploy/install.sh" "$out/"
chmod +x "$out/install.sh"
# Beside it, under the same paths as in a checkout, so that the commands of docs/deploy.md work in either.
mkdir "$out/deploy"
cp "$source"/petition-tagger/deploy/{petition.service,compose.yaml,kubernetes.yaml} "$out/deploy/"
(cd "$out" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS)
trap - ERR INT TERM
echo "$out: $(find "$wheels" -name '*.whl' | wc -l) wheels, $(du -sh "$out" | cut -f1)"
echo "Carry the folder over; there: ./install.sh /opt/petition"
