// SPDX-License-Identifier: MIT

package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// makeshift makes what the package will hold, until mkslack package can.
func makeshift(t *testing.T, top, dir, arch string) string {
	script := `set -e
mkdir -p "$1" && tree=$1/tree && mkdir -p $tree/{sbin,usr/sbin,etc/rc.d,install}
case $2 in
i?86) export GOARCH=386 GO386=softfloat ;;
arm) export GOARCH=arm GOARM=5 ;;
armv7hl) export GOARCH=arm GOARM=7 ;;
aarch64) export GOARCH=arm64 ;;
loongarch64) export GOARCH=loong64 ;;
riscv64) export GOARCH=riscv64 ;;
esac
for p in ifenslave bondctl; do
  CGO_ENABLED=0 go build -trimpath -tags urfave_cli_no_docs -ldflags '-s -w' -o $1/$p ./cmd/$p || echo "no $p"
done
cp $1/ifenslave $tree/sbin/ || :
cp $1/bondctl $tree/usr/sbin/ || :
mkdir -p $1/rc; env -u GOARCH -u GO386 -u GOARM go run ./rc.d/render $1/rc || { mkdir -p $1/rc; printf '#!/bin/bash\n' >$1/rc/rc.bond; : >$1/rc/rc.bond.conf; }
install -m 644 $1/rc/rc.bond $tree/etc/rc.d/rc.bond.new
install -m 600 $1/rc/rc.bond.conf $tree/etc/rc.d/rc.bond.conf.new
cat >$tree/install/doinst.sh <<'E'
for f in etc/rc.d/rc.bond etc/rc.d/rc.bond.conf; do
  [ -e $f ] || mv $f.new $f
done
E
tar -C $tree --owner=0 --group=0 -czf $1/package.tgz .
`
	cmd := exec.Command("bash", "-c", script, "-", dir, arch)
	cmd.Dir = top
	cmd.Env = os.Environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the package: %v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
	return filepath.Join(dir, "package.tgz")
}
