#!/bin/sh
# Install what the tests need of the system. As root by the system's packages; otherwise the
# browser comes from Playwright, and the rest must be there.
set -eu
bin=$1

missing=
# Without a window of its own it needs little more than half of the time.
command -v chromium-headless-shell >/dev/null || missing="$missing chromium-headless-shell"
fc-list :lang=zh-hk 2>/dev/null | grep -q . || missing="$missing fontconfig fonts-noto-cjk"
command -v espeak-ng >/dev/null || missing="$missing espeak-ng"
ldconfig -p | grep -q 'libzbar\.so\.0' || missing="$missing libzbar0"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get -qq update
    # Not every release has it.
    apt-cache show chromium-headless-shell >/dev/null 2>&1 ||
        missing=$(echo "$missing" | sed 's/chromium-headless-shell/chromium/')
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
else
    command -v chromium >/dev/null || case $missing in
        *chromium*) "$bin/playwright" install chromium ;;
    esac
    case $missing in *espeak-ng*) echo "please install espeak-ng" >&2 ;; esac
    case $missing in *libzbar0*) echo "please install libzbar (Debian: libzbar0)" >&2 ;; esac
fi
