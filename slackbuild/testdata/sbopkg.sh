#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Builds what is in PROJECT through the real sbopkg, a copy of whose source is
# SBOPKG, in a root of its own: an overlay over this system that goes away with
# the mount namespace. MKSLACK takes the place of Slackware's package tools.
# The test runs this in a new namespace: nothing here touches the system.

set -e -u
root=$WORK/root
mkdir -p "$WORK/tmpfs"
mount -t tmpfs tmpfs "$WORK/tmpfs"
mkdir "$WORK/tmpfs/upper" "$WORK/tmpfs/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$WORK/tmpfs/upper,workdir=$WORK/tmpfs/work" "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"

mkdir -p "$root/etc/sbopkg" "$root/usr/libexec" "$root/var/lib/pkgtools/packages" \
  "$root/var/cache/sbopkg" "$root/var/log/sbopkg" "$root/var/lib/sbopkg/queues" "$root/tmp/project"
cp -a "$SBOPKG/src/etc/sbopkg/." "$root/etc/sbopkg/"
cp -a "$SBOPKG/src/usr/." "$root/usr/"
chmod 755 "$root/usr/sbin/sbopkg"
rm -f "$root"/etc/sbopkg/repos.d/*
echo "Slackware 15.0" >"$root/etc/slackware-version"
cp "$MKSLACK" "$root/usr/bin/mkslack"
for tool in makepkg:makepkg upgradepkg:upgrade installpkg:install removepkg:remove; do
  printf '#!/bin/sh\nexec /usr/bin/mkslack %s "$@"\n' "${tool#*:}" >"$root/sbin/${tool%:*}"
  chmod 755 "$root/sbin/${tool%:*}"
done
cp -a "$PROJECT/." "$root/tmp/project/"
cp "$PROJECT"/*.tar.gz "$root/var/cache/sbopkg/"

chroot "$root" /bin/bash -e -c '
  cd /tmp/project
  mkslack slackbuild --quiet --file tiny.yaml --repo /var/lib/sbopkg
  cp /var/lib/sbopkg/local.repo /etc/sbopkg/repos.d/60-local.repo
  # Its exit status is 0 when a build fails, too: the package tells.
  timeout 400 sbopkg -V local/main -B -e stop -b tiny < /dev/null
'
cp "$root"/tmp/tiny-*.t?z "$OUT/"
