// SPDX-License-Identifier: MIT

package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// packages builds the package for each architecture once, as a user of mkslack
// does. VMTEST_PACKAGE names one that is there already, for x86_64.
type packages struct {
	dir, top string // where they go; the top of the checkout
	mu       sync.Mutex
	built    map[string]string
}

func newPackages(t *testing.T, top string) *packages {
	p := &packages{dir: t.TempDir(), top: top, built: map[string]string{}}
	if path := os.Getenv("VMTEST_PACKAGE"); path != "" {
		p.built["x86_64"] = path
	}
	return p
}

func (p *packages) get(t *testing.T, arch string) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if path, ok := p.built[arch]; ok {
		return path
	}
	dir := filepath.Join(p.dir, arch)
	cmd := exec.Command("go", "run", "./cmd/mkslack", "package", "--file", "ifenslave.yaml", "--arch", arch, "--output", dir)
	cmd.Dir = p.top
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("mkslack package --arch %s: %v\n%s", arch, err, out)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*-"+arch+"-*.t?z"))
	if err != nil || len(found) != 1 {
		t.Fatalf("mkslack package --arch %s made %q, want one package", arch, found)
	}
	p.built[arch] = found[0]
	return found[0]
}
