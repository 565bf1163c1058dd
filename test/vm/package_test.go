// SPDX-License-Identifier: MIT

package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/slackbond/slackbond/slackbuild"
)

// packages builds the package for each architecture once, as a user of mkslack
// does. VMTEST_PACKAGE names one that is there already, for x86_64.
type packages struct {
	dir, top string // where they go; the top of the checkout
	mu       sync.Mutex
	built    map[string]string
}

// testedInGuest are the packages whose own tests scenarios run on a real kernel,
// as /vm/tests/NAME.test.
var testedInGuest = []string{"rtnl", "kernel"}

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

// tests is a folder with the test programs of testedInGuest for an architecture.
func (p *packages) tests(t *testing.T, arch string) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	dir := filepath.Join(p.dir, arch+"-tests")
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	known, err := slackbuild.ParseArch(arch)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range testedInGuest {
		cmd := exec.Command("go", "test", "-c", "-o", filepath.Join(dir, name+".test"), "./internal/"+name)
		cmd.Dir = p.top
		cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0"), known.Env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go test -c ./internal/%s for %s: %v\n%s", name, arch, err, out)
		}
	}
	return dir
}
