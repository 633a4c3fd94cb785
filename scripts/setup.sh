#!/usr/bin/env bash
# Prepares a machine: `setup.sh play` for playing, `setup.sh test` for the tests as well. Installs only what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-play}

# libjack0.125 comes with libjack-dev and would remove jackd2: its jackd2 sibling is named wherever JACK is wanted
play_packages=(libportaudio2 libjack-jackd2-0 libsndfile1 libegl1 libgl1 libdbus-1-3 libfontconfig1 libxkbcommon0
    libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0
    libxcb-shape0 libxcb-xinerama0)
test_packages=(jackd2 jack-capture pipewire pipewire-jack wireplumber dbus fluidsynth timgm6mb-soundfont xvfb)

install_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Antiphon needs these system packages; as root: apt-get install ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "Installing system packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

if command -v apt-get >/dev/null; then
    install_packages "${play_packages[@]}"
    if [ "$what" = test ]; then install_packages "${test_packages[@]}"; fi
elif [ "$(uname)" = Linux ]; then
    echo "No apt here: please install PortAudio, the JACK library and Qt's XCB libraries with your package manager." >&2
fi

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
    echo "Antiphon needs Python 3.11, 3.12 or 3.13 (found: $("$python" --version 2>&1)); set PYTHON=/path/to/python3." >&2
    exit 1
fi
[ -x .venv/bin/python ] || "$python" -m venv .venv
extras=""
if [ "$what" = test ]; then extras="[train,cluster,test,peers]"; fi
echo "Installing Python packages (a first time takes some minutes)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".$extras"
touch .venv/.ready
if [ "$what" = test ]; then touch .venv/.ready-test; fi
