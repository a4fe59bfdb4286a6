#!/usr/bin/env bash
# bundle.sh PROGRAM FOLDER: copies the program, the shared libraries it needs (the glibc family stays the other machine's),
# graphviz's plugins for SVG, bubblewrap, and the Python worker with its sandbox library into FOLDER, which can then be copied anywhere.
set -euo pipefail
program=$1 folder=$2
root=$(cd "$(dirname "$0")/.." && pwd)
glibc='^(linux-vdso|ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|anl|mvec|nsl|nss_.*))\.so'

# Prints the paths of the shared libraries that the files need, glibc's aside.
libraries() { ldd "$@" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u | grep -vE "/${glibc#^}" || true; }

rm -rf "$folder"
mkdir -p "$folder/lib/graphviz" "$folder/share" "$folder/libexec" "$folder/licenses"
install -s "$program" "$folder/kernelagent"
cp -r "$root/python/kernelagent_worker" "$folder/share/"
find "$folder/share" -name __pycache__ -prune -exec rm -r {} +
cp "$root/LICENSE" "$folder/"
# bubblewrap is LGPL-2.0-or-later: its notice and the licence's text go with it.
install -s "$(command -v bwrap)" "$folder/libexec/bwrap"
install -m 644 /usr/share/doc/bubblewrap/copyright "$folder/licenses/bubblewrap"
install -m 644 /usr/share/common-licenses/LGPL-2 "$folder/licenses/LGPL-2"

plugins=$(dirname "$(ldconfig -p | awk '/libgvc\.so/ { print $NF; exit }')")/graphviz
for plugin in core dot_layout; do cp -L "$plugins/libgvplugin_$plugin.so.6" "$folder/lib/graphviz/"; done
cp -L $(libraries "$program" "$folder/libexec/bwrap" "$folder"/lib/graphviz/*.so*) "$folder/lib/"
install -s -m 644 "$(dirname "$program")/libkernelagent_sandbox.so" "$folder/lib/"
chmod u+w "$folder"/lib/*.so* "$folder"/lib/graphviz/*

patchelf --set-rpath '$ORIGIN/lib' "$folder/kernelagent"
patchelf --set-rpath '$ORIGIN/../lib' "$folder/libexec/bwrap"
for library in "$folder"/lib/*.so*; do patchelf --set-rpath '$ORIGIN' "$library"; done
for library in "$folder"/lib/graphviz/*.so*; do patchelf --set-rpath '$ORIGIN/..' "$library"; done
# The list of plugins that libgvc reads from $GVBINDIR.
GVBINDIR=$folder/lib/graphviz dot -c

newest=$(objdump -T "$folder/kernelagent" "$folder/libexec/bwrap" "$folder"/lib/*.so* | grep -oE 'GLIBC_[0-9.]+' | sort -Vu | tail -1)
echo "$folder: $(du -sm --apparent-size "$folder" | cut -f1) MiB, needs ${newest/_/ } or newer"
