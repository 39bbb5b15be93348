# Shared by the scripts here: where the repository is, and how a missing program is installed or asked for.
# Sourced, not run.

# The comment that a script opens with is its help. Nothing is run or installed for it.
for argument in "$@"; do
  case $argument in
    -h | --help) sed -n '2,/^[^#]/s/^#\( \|$\)//p' "$0" && exit ;;
    --) break ;; # what follows is for the program that the script runs
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }

# not_checked WHAT WHY: says that something is passed over; `conclude` says it again where a reader looks first.
unchecked=()
not_checked() {
  unchecked+=("$1")
  printf '!! NOT CHECKED: %s, since %s\n' "$1" "$2"
}

# The last line of what checks: it claims no more than was done.
conclude() {
  local what list=
  for what in "${unchecked[@]+"${unchecked[@]}"}"; do list+="${list:+; }$what"; done
  if [ -z "$list" ]; then say "All checks passed"; else say "What was checked passed. NOT CHECKED (${#unchecked[@]}): $list"; fi
}

# need PROGRAM=PACKAGE...: installs the packages of missing programs on Debian as root; elsewhere names them and stops.
need() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"
}

install_packages() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing $*"
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
  else
    echo "Please install first (Debian's names): $*" >&2
    echo "On Debian or Ubuntu: sudo apt-get install $*" >&2
    exit 1
  fi
}

# Rust comes from rustup on a developer's machine, so it is asked for and not installed.
need_rust() {
  [ -x "$HOME/.cargo/bin/cargo" ] && PATH="$HOME/.cargo/bin:$PATH"
  command -v cargo >/dev/null || { echo "Please install Rust first: https://rustup.rs" >&2; exit 1; }
}

# An LFS server, in an environment of its own below target/, which stays as long as its versions do.
install_giftless() {
  local versions=tests/support/giftless-requirements.txt folder=target/giftless
  "$folder/bin/python" -c '' 2>/dev/null && cmp -s "$versions" "$folder/requirements.txt" && return
  say "Installing giftless"
  rm -rf "$folder"
  python3 -m venv "$folder" &&
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: --requirement "$versions" &&
    cp "$versions" "$folder/requirements.txt"
}
