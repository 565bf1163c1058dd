// SPDX-License-Identifier: MIT

package vm

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

// A matrix is the table of what became of the scenarios on each machine.
type matrix struct {
	mu   sync.Mutex
	rows []*row
}

type row struct {
	machine         Machine
	kernel          string // its full version
	began, ended    time.Time
	passed          int
	failed, skipped []string
}

func (m *matrix) add(machine Machine, kernelDir string) *row {
	version, err := os.ReadFile(filepath.Join(kernelDir, "version"))
	if err != nil {
		version = []byte("?")
	}
	r := &row{machine: machine, kernel: strings.TrimSpace(string(version)), began: time.Now(), ended: time.Now()}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows = append(m.rows, r)
	return r
}

func (r *row) count(t *testing.T, scenario string) {
	switch {
	case t.Failed():
		r.failed = append(r.failed, scenario)
	case t.Skipped():
		r.skipped = append(r.skipped, scenario)
	default:
		r.passed++
	}
	r.ended = time.Now()
}

func (m *matrix) write(t *testing.T, path string) {
	if path == "" || len(m.rows) == 0 {
		return
	}
	text := new(strings.Builder)
	w := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "package\tkernel\tprocessor\tpassed\tfailed\tskipped\ttime")
	for _, r := range m.rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%.0f s\n", r.machine.Arch, r.kernel, r.machine.CPU,
			r.passed, list(r.failed), list(r.skipped), r.ended.Sub(r.began).Seconds())
	}
	if err := w.Flush(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Error(err)
	}
}

// list is a number, and the names where there are any.
func list(names []string) string {
	if len(names) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", len(names), strings.Join(names, ", "))
}
